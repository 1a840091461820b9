# METADATA
# title: Testing Requirements
# description: New code without any test; tests of the change that know neither errors nor edges of what it adds.
package forge.rules.r16

import rego.v1

import data.forge.code
import data.forge.diff
import data.forge.tests

found contains finding if {
	some file in tests.new_code
	count(tests.of(file)) == 0
	finding := diff.finding(
		"R16", file, min(tests.export_lines(file)),
		"New code without tests: no test of the change speaks of this file.",
		"Add a spec for the normal way, each error it can raise, and its edges.",
	)
}

_throws := `throw[ \t]+(?:new[ \t]+)?[A-Za-z]|Promise[.]reject\(|[.]status\([45][0-9]{2}\)|NextResponse[.]json\([^\n]*status: [45]`

_names_an_error := `(?i)throw|reject|error|exception|invalid|fail|refus|denie|deny|forbid|unauthori|not[ _-]?found|missing|(?:^|[^0-9])[45][0-9]{2}(?:[^0-9]|$)`

_names_an_edge := `(?i)empty|null|undefined|zero|negative|max|min(?:imum|imal)?[^a-z]|boundar|edge|limit|large|huge|long|short|overflow|duplicat|twice|repeat|concurren|parallel|missing|invalid|whitespace|blank|unicode|special|without|no |none|only|single|last|first|exact|beyond|above|below|under|over|past|future|leap|midnight|out of|\[\]|''|""|\{\}|(?:^|[^0-9.])(?:0|-1)(?:[^0-9.]|$)|infinity|nan[^a-z]|rounds?`

_untested_errors contains {"file": {"path": file.path}, "line": min(lines)} if {
	some file in tests.testable
	lines := code.hits(file, _throws)
	count(lines) > 0
	_has_cases(file)
	not regex.match(_names_an_error, _said_by_cases(file))
}

found contains finding if {
	some gap in _untested_errors
	finding := diff.finding(
		"R16", gap.file, gap.line,
		"Error path untested: the change's tests of this file expect no error.",
		"Add a test for each error that the new code can raise: 400, 403, 404, 422, 500.",
	)
}

# What the tests say and do, without their imports, set-up of mocks and comments.
_said_by_cases(file) := concat("\n", [row |
	some test in tests.of(file)
	some number in sort(test.new)
	row := test.rows[number]
	not regex.match(`^[ \t]*(?:import|}? ?from|const .*(?:mock|jest|vi)[.]|jest|vi)`, row)
])

_has_cases(file) if {
	some test in tests.of(file)
	regex.match(tests.cases, test.added)
}

# Code whose result turns on a bound: comparisons, divisions by what varies, first and last elements, sums over lists.
# Arithmetic by a constant and rounding have no edge of their own.
_bounds := `[^=!<>-][<>]=?[ ]*[0-9A-Za-z_]|[.]length|[.]slice\(|[.]reduce\(|\[0\]|Math[.](?:max|min)|[0-9A-Za-z_)][ ][/%][ ](?:[a-z(]|[A-Z][a-z])|parseInt\(|Number\(|[.]split\(`

# The numbers that the bounds of these lines name, also by a constant, and their neighbours.
_limits(file, lines) := {sprintf("%d", [limit + step]) |
	some line in lines
	some match in regex.find_all_string_submatch_n(`[<>]=?[ ]*(?:([0-9][0-9_]*)(?:[^0-9.]|$)|(?:[A-Za-z_]+[.])*([A-Z][A-Z0-9_]+))|Math[.](?:max|min)\((?:[^()]*[, ])?([0-9]+)`, file.rows[line], -1)
	some number in array.concat(_numbers(match[1]), array.concat(_numbers(match[3]), _constants(file, match[2])))
	limit := to_number(replace(number, "_", ""))
	limit > 1
	some step in [-1, 0, 1]
}

_numbers(text) := [text] if text != ""

_numbers(text) := [] if text == ""

_constants(_, name) := [] if name == ""

_constants(file, name) := [match[1] |
	some match in regex.find_all_string_submatch_n(concat("", [`(?:^|[^0-9A-Za-z_])`, name, `[ ]*(?::[^=\n]*)?[=:][ ]*([0-9][0-9_]*)`]), file.text, 1)
] if name != ""

# A case stands at the bound itself, or names its constant.
_stands_at_a_limit(file, lines, said) if {
	plain := regex.replace(said, `([0-9])_([0-9])`, "$1$2")
	some limit in _limits(file, lines)
	regex.match(concat("", [`(?:^|[^0-9A-Za-z_.])`, limit, `(?:[^0-9]|$)`]), plain)
}

_stands_at_a_limit(file, lines, said) if {
	some line in lines
	some match in regex.find_all_string_submatch_n(`[<>]=?[ ]*(?:[A-Za-z_]+[.])*([A-Z][A-Z0-9]*_[A-Z0-9_]+)`, file.rows[line], -1)
	regex.match(concat("", [match[1], `(?:[^0-9A-Za-z_]|$)`]), said)
}

found contains finding if {
	some file in tests.testable
	lines := {line | some line in code.hits(file, _bounds); not _markup(file.rows[line])}
	count(lines) > 0
	not _has_untested_errors(file)
	_has_cases(file)
	said := _said_by_cases(file)
	not regex.match(_names_an_edge, said)
	not regex.match(_names_an_error, said)
	not _stands_at_a_limit(file, lines, said)
	finding := diff.finding(
		"R16", file, min(lines),
		"Edge cases untested: the change's tests of this file know the normal way only.",
		"Test the edges as well: empty, maximal, repeated and concurrent.",
	)
}

# Type arguments and tags look like comparisons.
_markup(row) if regex.match(`^[ \t]*<|^[ \t]*import |Promise<|Array<|Record<|Map<|Set<|Partial<|use[A-Z][a-z]+<|=>[ ]*<|<[A-Z][A-Za-z]*(?:\[\])?>`, row)

_has_untested_errors(file) if {
	some gap in _untested_errors
	gap.file.path == file.path
}
