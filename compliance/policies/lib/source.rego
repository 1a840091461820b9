# METADATA
# title: One file of the change
# description: Reads a unified diff into the object that `forge.diff` describes.
package forge.source

import rego.v1

import data.forge.code
import data.forge.paths

file(change, id) := {
	"id": id,
	"path": change.path,
	"kinds": _kinds(change.path, seen),
	"status": _status(change, whole),
	"whole": whole,
	"rows": rows,
	"indents": indents,
	"new": new,
	"added": concat("\n", [sprintf("%d\t%s", [number, rows[number]]) | some number in new]),
	"raw": concat("\n", [sprintf("%d\t%s", [row[0], row[1]]) | some hunk in hunks; some row in hunk.rows; row[2]]),
	"seen": seen,
	"notes": [[row[0], row[1]] | some hunk in hunks; some row in hunk.rows; not row[2]; regex.match(`TODO|FIXME`, row[1])],
	"text": concat("\n", [row | some row in rows]),
	"removals": removals,
	"removed": concat("\n", [removal.text | some removal in removals]),
	"functions": _functions(change.path, seen, {"rows": rows, "indents": indents}),
} if {
	lines := [line | some line in split(replace(_diff(change), "\r\n", "\n"), "\n"); not startswith(line, `\`)]
	heads := [i | some i, line in lines; startswith(line, "@@ -")]
	ends := array.concat(array.slice(heads, 1, count(heads)), [count(lines)])
	hunks := [_hunk(lines[head], array.slice(lines, head + 1, ends[i])) | some i, head in heads]
	whole := _is_whole(change, lines)
	removals := [removal | some hunk in hunks; some removal in hunk.removals]
	new := {row[0] | some hunk in hunks; some row in hunk.rows; row[2]}
	# Hunks of a broken diff may overlap: the later one says what the line is.
	rows := object.union_n([_code(change.path, hunk.rows) | some hunk in hunks])
	indents := {number: _indent(row) | some number, row in rows; trim(row, " \t") != ""}
	seen := concat("\n", [sprintf("%d\t%s", [number, row]) | some number, row in rows])
}

# What the files of a change are sorted by.
kinds := ["files", "code", "production", "server", "client", "controller", "dto", "test", "sql", "prisma"]

_kinds(path, seen) := ((basic | {"files"}) | ({"sql" | paths.sql(path)} | {"prisma" | paths.prisma(path)})) | serving if {
	basic := paths.kinds(path)
	serving := {kind | _is_production(basic); some kind in _serving(path, seen, basic)}
}

_serving(_, _, basic) := {"production"} if "client" in basic

_serving(path, seen, basic) := {"production", "server"} | {"controller" | _controls(path, seen)} if not "client" in basic

_is_production(basic) if {
	"code" in basic
	not "test" in basic
	not "aside" in basic
}

_controls(path, _) if paths.controller(path)

_controls(_, seen) if contains(seen, "\t@Controller(")

_controls(_, seen) if contains(seen, "\t@Resolver(")

_diff(change) := change.diff if is_string(change.diff)

_diff(change) := "" if not is_string(change.diff)

_hunk(head, lines) := {
	"rows": [[start + i, substring(line, 1, -1), startswith(line, "+")] | some i, line in kept],
	"removals": [{"line": start + (i - k), "text": substring(lines[i], 1, -1)} | some k, i in gone],
} if {
	numbers := regex.find_all_string_submatch_n(`^@@ -[^+]*[+]([0-9]+)`, head, 1)
	start := to_number(array.concat([number[1] | some number in numbers], ["1"])[0])
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

# --- Comments: a line that was nothing else becomes one blank, so that it still differs from an empty line ---

_code(path, rows) := {rows[i][0]: line |
	some i, line in split(_without_comments(path, concat("\n", [row[1] | some row in rows])), "\n")
	rows[i]
}

_without_comments(path, text) := _blanked(regex.replace(
	regex.replace(text, `(?m)^[ \t]*(//.*|[*]([ \t/].*)?|[{]?/[*].*[*]/[}]?[ \t]*)$`, " "),
	`(?m)([ \t;,{}()])//.*$`, "${1}",
)) if {
	_slashes(path)
	_has_comments(text)
}

_without_comments(path, text) := text if {
	_slashes(path)
	not _has_comments(text)
}

_without_comments(path, text) := _blanked(regex.replace(
	regex.replace(text, `(?m)^[ \t]*--.*$`, " "),
	`(?m)[ \t]--[ \t].*$`, "",
)) if {
	paths.sql(path)
}

_without_comments(path, text) := regex.replace(
	regex.replace(text, `(?m)^[ \t]*#.*$`, " "),
	`(?m)[ \t]#[ \t].*$`, "",
) if {
	paths.hashes(path)
}

_without_comments(path, text) := text if {
	not _slashes(path)
	not paths.sql(path)
	not paths.hashes(path)
}

_slashes(path) if paths.code(path)

_slashes(path) if paths.prisma(path)

_has_comments(text) if contains(text, "//")

_has_comments(text) if contains(text, "*")

# Comments over several lines, and in the middle of one.
_blanked(text) := text if not contains(text, "/*")

_blanked(text) := strings.replace_n(blanks, regex.replace(text, `/[*][^*\n]*[*]/`, "")) if {
	contains(text, "/*")
	blanks := {comment: concat("\n", [" " | some _ in split(comment, "\n")]) |
		some comment in regex.find_n(`(?m)^[ \t]*[{]?[ \t]*/[*](?s:.*?)[*]/`, text, -1)
		contains(comment, "\n")
	}
}

# --- Functions, methods, and arrow functions with a name: {first line: {last, closed}} ---

_function := concat("", [
	`(?m)^([0-9]+)\t[ \t]*(?:(?:export|default|public|private|protected|static|override|async|get|set)[ \t]+)*(?:`,
	`function\b.*`, `|`,
	`(?:(?:const|let)[ \t]+)?[A-Za-z_$][A-Za-z0-9_$]*(?:[ \t]*:[^=\n]*)?[ \t]*[=:][ \t]*(?:async[ \t]*)?`,
	`(?:[(].*=>[ \t]*[{(]?|[(]|[A-Za-z_$]+[ \t]*=>[ \t]*[{(]?|function\b.*)`, `|`,
	`#?[A-Za-z_$][A-Za-z0-9_$]*(?:<[^()\n]*>)?[(](?:.*[)][ \t]*(?::[^=\n]*)?[{].*)?`,
	`)$`,
])

_functions(path, seen, lines) := {number: {"last": block.last, "closed": block.closed} |
	some opener in regex.find_all_string_submatch_n(_function, seen, -1)
	number := to_number(opener[1])
	code.opens_a_function(lines, number)
	block := code.extent(lines, number)
} if {
	paths.code(path)
} else := {}
