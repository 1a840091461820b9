# METADATA
# title: One file of the change
# description: Reads a unified diff into the object that `forge.diff` describes.
package forge.source

import rego.v1

import data.forge.paths

file(change) := {
	"path": change.path,
	"status": status,
	"whole": whole,
	"rows": rows,
	"indents": {number: _indent(row) | some number, row in rows; trim(row, " \t") != ""},
	"new": new,
	"added": concat("\n", [sprintf("%d\t%s", [number, rows[number]]) | some number in new]),
	"raw": concat("\n", [sprintf("%d\t%s", [row[0], row[1]]) | some hunk in hunks; some row in hunk.rows; row[2]]),
	"seen": numbered,
	"text": concat("\n", [row | some _, row in rows]),
	"removals": removals,
	"removed": concat("\n", [removal.text | some removal in removals]),
	"functions": {to_number(found[1]) | some found in regex.find_all_string_submatch_n(_function, numbered, -1)},
} if {
	lines := [line | some line in split(replace(_diff(change), "\r\n", "\n"), "\n"); not startswith(line, `\`)]
	heads := [i | some i, line in lines; startswith(line, "@@ -")]
	ends := array.concat(array.slice(heads, 1, count(heads)), [count(lines)])
	hunks := [_hunk(lines[head], array.slice(lines, head + 1, ends[i])) | some i, head in heads]
	whole := _is_whole(change, lines)
	status := _status(change, whole)
	removals := [removal | some hunk in hunks; some removal in hunk.removals]
	new := {row[0] | some hunk in hunks; some row in hunk.rows; row[2]}
	rows := _code(change.path, hunks)
	numbered := concat("\n", [sprintf("%d\t%s", [number, row]) | some number, row in rows])
}

_diff(change) := change.diff if is_string(change.diff)

_diff(change) := "" if not is_string(change.diff)

_hunk(head, lines) := {
	"rows": [[start + i, substring(line, 1, -1), startswith(line, "+")] | some i, line in kept],
	"removals": [{"line": start + (i - k), "text": substring(lines[i], 1, -1)} | some k, i in gone],
} if {
	start := to_number(array.concat(regex.find_n(`[0-9]+`, regex.replace(head, `^@@ -[^+]*`, ""), 1), ["1"])[0])
	kept := [line | some line in lines; not startswith(line, "-")]
	gone := [i | some i, line in lines; startswith(line, "-")]
}

_indent(row) := count(row) - count(trim_left(row, " \t"))

_named := {"added": "added", "copied": "added", "removed": "removed", "deleted": "removed", "renamed": "renamed"}

_status(change, whole) := _named[change.status]

_status(change, whole) := "added" if {
	not _named[change.status]
	whole
}

_status(change, whole) := "modified" if {
	not _named[change.status]
	not whole
}

_is_whole(change, _) := true if object.get(change, "status", "") == "added"

_is_whole(change, lines) := count({i | some i, line in lines; startswith(line, "@@ -0,0 ")}) > 0 if {
	object.get(change, "status", "") != "added"
}

# Comments. A line that was nothing else becomes one blank, so that it still differs from an empty line.

_code(path, hunks) := {to_number(found[1]): _row(found[1], found[2], blanked) |
	some found in regex.find_all_string_submatch_n(`(?m)^([0-9]+)\t(.*)$`, _without_line_comments(path, text), -1)
} if {
	# A NUL between two hunks, so that a comment that is cut off in one does not reach into the next.
	text := concat("\n\u0000\n", [concat("\n", [sprintf("%d\t%s", [row[0], row[1]]) | some row in hunk.rows]) | some hunk in hunks])
	blanked := _commented(path, text)
}

_row(number, _, blanked) := " " if number in blanked

_row(number, row, blanked) := row if not number in blanked

_slashes(path) if paths.code(path)

_slashes(path) if paths.prisma(path)

_stars(path) if _slashes(path)

_stars(path) if regex.match(`(?i)[.](sql|s?css|less)$`, path)

# The numbers of the lines that a comment over several lines covers.
_commented(path, text) := {found[1] |
	contains(text, "/*")
	some comment in regex.find_n(`(?m)^[0-9]+\t[ \t]*[{]?[ \t]*/[*][^\x00]*?[*]/`, text, -1)
	contains(comment, "\n")
	some found in regex.find_all_string_submatch_n(`(?m)^([0-9]+)\t`, comment, -1)
} if {
	_stars(path)
}

_commented(path, _) := set() if not _stars(path)

_without_line_comments(path, text) := regex.replace(
	regex.replace(
		regex.replace(text, `(?m)^([0-9]+\t)[ \t]*(//.*|[*]([ \t/].*)?|[{]?/[*].*[*]/[}]?[ \t]*)$`, "${1} "),
		`(?m)([ \t;,{}()])//.*$`, "${1}",
	),
	`/[*][^*\n]*[*]/`, "",
) if {
	_slashes(path)
}

_without_line_comments(path, text) := regex.replace(
	regex.replace(text, `(?m)^([0-9]+\t)[ \t]*--.*$`, "${1} "),
	`(?m)[ \t]--[ \t].*$`, "",
) if {
	paths.sql(path)
}

_without_line_comments(path, text) := regex.replace(
	regex.replace(text, `(?m)^([0-9]+\t)[ \t]*#.*$`, "${1} "),
	`(?m)[ \t]#[ \t].*$`, "",
) if {
	paths.hashes(path)
}

_without_line_comments(path, text) := text if {
	not _slashes(path)
	not paths.sql(path)
	not paths.hashes(path)
}

# Functions, methods, and arrow functions with a name.
_function := concat("", [
	`(?m)^([0-9]+)\t[ \t]*(?:(?:export|default|public|private|protected|static|override|async|get|set)[ \t]+)*(?:`,
	`function\b.*`, `|`,
	`(?:(?:const|let)[ \t]+)?[A-Za-z_$][A-Za-z0-9_$]*(?:[ \t]*:[^=]*)?[ \t]*[=:][ \t]*(?:async[ \t]*)?(?:[(].*=>[ \t]*[{(]?|[(]|[A-Za-z_$]+[ \t]*=>[ \t]*[{(]?|function\b.*)`, `|`,
	`#?[A-Za-z_$][A-Za-z0-9_$]*(?:<[^()]*>)?[(](?:.*[)][ \t]*(?::[^=]*)?[{].*)?`,
	`)$`,
])
