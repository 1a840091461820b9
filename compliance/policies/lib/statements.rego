# METADATA
# title: Statements
# description: |
#   What a call, a literal or a JSX tag that begins in a line holds, over as many lines as it takes. All of them are
#   undefined where the diff does not show the end: what is not seen is not judged.
package forge.statements

import rego.v1

import data.forge.diff

_reach := 40

# What sets keep of a file: two members of a set are compared, and a file is long.
brief(file) := {"path": file.path}

# The file again.
file_of := {file.path: file | some file in diff.files}

# The numbers of the added lines whose code matches a pattern that begins with a boundary, `(?:^|[^0-9A-Za-z_$.])`: the
# tab before the code is one.
hits(file, pattern) := {to_number(match[1]) |
	some match in regex.find_all_string_submatch_n(concat("", [`(?m)^([0-9]+)(?:\t.*)?(?:`, pattern, `)`]), file.added, -1)
}

# An added line as it is written, comments and all.
raw(file, number) := regex.replace(row, `^[0-9]+\t`, "") if {
	row := regex.find_n(sprintf(`(?m)^%d\t.*$`, [number]), file.raw, 1)[0]
}

# The known lines from `number` on, without a gap, at most 40.
below(file, number) := [file.rows[next] |
	some next in numbers.range(number, _edge(file, number) - 1)
]

_edge(file, number) := min({number + _reach} | {next |
	some next in numbers.range(number + 1, number + _reach)
	not file.rows[next]
})

# The known lines above `number`, without a gap, at most `reach`.
above(file, number, reach) := [file.rows[next] |
	first := max({number - reach, 0} | {next |
		some next in numbers.range(max([number - reach, 1]), number)
		not file.rows[next]
	})
	some next in numbers.range(first + 1, number - 1)
	next > first
	next < number
]

# The arguments of the call that `pattern` (it ends with the bracket) finds in line `number`, brackets included.
arguments(file, number, pattern) := found if {
	row := file.rows[number]
	head := regex.find_n(pattern, row, 1)[0]
	tail := substring(row, (indexof(row, head) + count(head)) - 1, -1)
	rest := array.slice(below(file, number), 1, _reach)
	found := regex.find_n(_round, concat("\n", array.concat([tail], rest)), 1)[0]
}

# Brackets in brackets, four deep; a string is one piece, whatever it holds.
_round := concat("", [
	"^\\((?:[^()'\"`]|'[^'\\n]*'|\"[^\"\\n]*\"|`[^`]*`|",
	"\\((?:[^()'\"`]|'[^'\\n]*'|\"[^\"\\n]*\"|`[^`]*`|",
	"\\((?:[^()'\"`]|'[^'\\n]*'|\"[^\"\\n]*\"|`[^`]*`|",
	"\\((?:[^()'\"`]|'[^'\\n]*'|\"[^\"\\n]*\"|`[^`]*`)*\\)",
	")*\\))*\\))*\\)",
])

# The code without what strings say: quoted keys lose their quotes, every other string its words.
bare(code) := regex.replace(
	regex.replace(code, `['"]([A-Za-z_.-]+)['"][ ]*:`, "$1:"),
	"'[^'\\n]*'|\"[^\"\\n]*\"|`[^`]*`",
	`""`,
)

# The object literals that a name is given anywhere in the shown part.
literals(file, name) := {found |
	regex.match(`^[A-Za-z_]+$`, name)
	pattern := concat("", [`(?:const|let|var)[ \t]+`, name, `[ \t]*(?::[^=\n]*)?=[ \t]*[{](?:[^{}]|[{][^{}]*[}])*[}]`])
	some found in regex.find_n(pattern, file.text, -1)
}
