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
#     text          the code of all rows, without numbers: for what may stand anywhere in sight
#     removals      [{line, text}]: a removed line, and the number that the line after it has now
#     removed       the text of the removals
#     functions     {number of the row that opens a function or a method: {last, closed}}
#     kinds         code, test, aside, client: see `forge.paths`
#
#   In patterns write [0-9A-Za-z_] for \w and [ \t] for \s: the engines disagree about the short forms beyond ASCII.
package forge.diff

import rego.v1

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
files := [source.file(change) |
	some change in changes
	is_string(change.path)
	change.path != ""
	not paths.generated(change.path)
]

# TypeScript and JavaScript, tests included.
code := [file | some file in files; "code" in file.kinds]

# Code that serves customers: neither tests nor stories nor tools.
production := [file |
	some file in code
	not "test" in file.kinds
	not "aside" in file.kinds
]

server := [file | some file in production; not "client" in file.kinds]

client := [file | some file in production; "client" in file.kinds]

sql := [file | some file in files; paths.sql(file.path)]

prisma := [file | some file in files; paths.prisma(file.path)]

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
