# METADATA
# title: The change
# description: |
#   Every changed file with its added lines, read once. Comments are blanked, their lines keep their numbers, so that a
#   policy sees code only; `raw` has the added lines as written.
#
#   A file is an object:
#     path, status  as the input has them; status is added, modified, removed or renamed
#     whole         the diff shows the whole file, because it is new
#     rows          {number in the new file: code} of added and context lines
#     indents       {number: width of the indentation} of the rows that hold code
#     new           the numbers of the added lines
#     added, raw    the added lines as one text, "12\tcode" a line: without and with comments
#     seen          all rows as one text, numbered like the added ones
#     notes         [number, text] of context lines that hold TODO or FIXME, with their comments
#     text          the code of all rows, without numbers: for what may stand anywhere in sight
#     removals      [{line, text}]: a removed line, and the number that the line after it has now
#     removed       the text of the removals
#     functions     {number of the row that opens a function or a method: {last, closed}}
#     kinds         code, production, server, client, controller, dto, test, sql, prisma, files: see `forge.source`
#     id            its place in the input
#
#   In patterns write [0-9A-Za-z_] for \w and [ \t] for \s: the engines disagree about the short forms beyond ASCII.
package forge.diff

import rego.v1

import data.forge.code as code_library
import data.forge.paths
import data.forge.source

default input_valid := false

input_valid if is_array(input.changed_files)

# The changed files as the input has them; none if it has none.
changes := input.changed_files if input_valid

default changes := []

# Every path of the change, those of generated and removed files included.
changed_paths contains change.path if {
	some change in changes
	is_string(change.path)
}

# Every file that somebody writes by hand.
files := [source.file(changes[id], id) |
	some path, id in _places
	path != ""
	not paths.generated(path)
]

# A path that stands twice in the input is read once: what was said last holds.
_places := object.union_n([{change.path: id} |
	some id, change in changes
	is_string(change.path)
])

# TypeScript and JavaScript, tests included.
code := of["code"]

# Code that serves customers: neither tests nor stories nor tools.
production := of["production"]

server := of["server"]

client := of["client"]

sql := of["sql"]

prisma := of["prisma"]

# The files by kind.
of[kind] := [file | some file in files; kind in file.kinds] if some kind in source.kinds

# --- Searching all files at once: one search instead of thousands ---

# [file, line] of the added lines of all files of a kind whose code matches; `code.hits` says what a pattern may be.
search(kind, pattern) := _search(_added[kind], pattern)

# The same with comments.
search_raw(kind, pattern) := _search(_raw[kind], pattern)

# The same over all lines in sight, those of the context included.
search_seen(kind, pattern) := _search(_seen[kind], pattern)

# The files of a kind in which an added line matches, or any line in sight.
having(kind, pattern) := [_by_id[id] | some id in {file.id | some [file, _] in search(kind, pattern)}]

having_seen(kind, pattern) := [_by_id[id] | some id in {file.id | some [file, _] in search_seen(kind, pattern)}]

_search(text, pattern) := [[_by_id[to_number(found[1])], to_number(found[2])] |
	some found in regex.find_all_string_submatch_n(code_library.in_a_line(`([0-9]+):([0-9]+)`, pattern), text, -1)
]

_by_id := {file.id: file | some file in files}

_added[kind] := concat("\n", [_marked(file, file.added) | some file in of[kind]]) if some kind in source.kinds

_raw[kind] := concat("\n", [_marked(file, file.raw) | some file in of[kind]]) if some kind in source.kinds

_seen[kind] := concat("\n", [_marked(file, file.seen) | some file in of[kind]]) if some kind in source.kinds

# Every line with its file's number before its own.
_marked(file, text) := regex.replace(text, `(?m)^([0-9]+\t)`, sprintf("%d:${1}", [file.id]))

title := input.pr_title if is_string(input.pr_title)

default title := ""

# What the author wrote: the HTML comments of a template are nobody's words.
description := regex.replace(input.pr_body, `(?s)<!--.*?-->`, "") if is_string(input.pr_body)

default description := ""

# A finding as the rules collect them; `forge.findings` adds the severity.
finding(rule, file, line, message, remediation) := {
	"rule": rule,
	"file": file.path,
	"line": line,
	"message": message,
	"remediation": remediation,
}
