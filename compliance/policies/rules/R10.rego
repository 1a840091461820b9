# METADATA
# title: R10, Testing Coverage
# description: A pull request's title says what kind of change it is; the kind says which tests it needs.
package forge.rules.r10

import rego.v1

import data.forge.code
import data.forge.diff
import data.forge.paths
import data.forge.statements
import data.forge.tests

_feature if regex.match(`(?i)^[ \t]*(\[?feat(ure)?\]?([(][^)]*[)])?!?[ \t]*[:/\]-]|feat(ure)?\b|(add|adds|added|adding|introduce|introduces|implement|implements|new|create|support|allow)\b)`, diff.title)

_feature if regex.match(`(?i)(^|\W)(type of change[^\n]*feature|\[x\][^\n]*feature|new feature)`, diff.description)

_fix if {
	regex.match(`(?i)^[ \t]*(\[?(bug)?fix(es|ed)?\]?([(][^)]*[)])?!?[ \t]*[:/\]-]|(hot|bug)[ -]?fix\b|fix(es|ed)?\b|(bug|defect|regression)\b|(resolve|repair|correct)[sd]?\b)|(?i)\b(bug ?fix|hotfix)\b`, diff.title)
	not regex.match(`(?i)^[ \t]*fix[(](docs?|ci|build|deps|lint|style|styles|types?|chore|test|tests|config)[)]|\b(typos?|lint|linter|linting|format|formatting|whitespace|spelling|wording|copy|docs?|readme|documentation|comments?|ci|pipeline|workflow|flaky|tests?)\b`, diff.title)
}

_fix if regex.match(`(?i)\[x\][ \t]*(bug|fix|bug ?fix)`, diff.description)

_fix_or_feature if _fix

_fix_or_feature if _feature

# One finding a file: a feature, as the title has it, whose new code no test of the change speaks of.
found contains finding if {
	_feature
	not _fix
	some file in tests.testable
	_grows(file)
	count(tests.of(file)) == 0
	line := tests.first_line(file)
	finding := diff.finding(
		"R10", file, line,
		"Feature without unit tests: no spec of the change covers this file",
		"Add a spec beside the file that covers the new behaviour.",
	)
}

_grows(file) if {
	file.whole
	regex.match(`(?m)^[0-9]+\t.*([{(]|=>)`, file.added)
	count(file.new) > 3
	file in tests.new_code
}

_grows(file) if {
	not file.whole
	_opens_function(file)
}

# Exported code, or a method of a class, opened in an added line.
_opens_function(file) if count(tests.export_lines(file)) > 0

_opens_function(file) if {
	some line, _ in file.functions
	line in file.new
	regex.match(`^[ \t]+(?:(?:public|static|override|async)[ \t]+)*[a-z][0-9A-Za-z_$]*(?:<[^()]*>)?[(].*[)][ \t]*(?::[^=]*)?[{][ \t]*$|^[ \t]+(?:(?:public|static|override)[ \t]+)*async[ \t]+[a-z][0-9A-Za-z_$]*[(][ \t]*$`, file.rows[line])
	not regex.match(`^[ \t]*(?:if|for|while|switch|catch|constructor|return)\b`, file.rows[line])
}

found contains finding if {
	_fix
	count(tests.with_cases) == 0
	fixed := {file.path: file | some file in diff.production; file.status != "removed"; count(_code_lines(file)) > 0; not paths.migration(file.path)}
	count(fixed) > 0
	first := fixed[min(object.keys(fixed))]
	line := min(_code_lines(first))
	finding := diff.finding(
		"R10", first, line,
		"Bug fix without a regression test: nothing fails if the bug comes back",
		"Write the test that fails without the fix, and name the issue in its title.",
	)
}

_code_lines(file) := {line | some line in file.new; regex.match(`[0-9A-Za-z]`, file.rows[line])}

# Tables, columns and routes: what a unit test with a mocked database or controller cannot prove.
_route := `^[ \t]*@(?:Get|Post|Put|Patch|Delete|All|Query|Mutation|MessagePattern|SubscribeMessage)\(`

_integration_needed[file.path] := {"file": file, "line": min(lines), "what": "API"} if {
	some file in diff.server
	lines := code.hits(file, _route)
	count(lines) > 0
}

_integration_needed[file.path] := {"file": file, "line": min(lines), "what": "database"} if {
	some file in diff.prisma
	lines := code.hits(file, `^[ \t]*(?:model[ \t]+[A-Za-z]|[a-z][0-9A-Za-z_]*[ \t]+[A-Z][0-9A-Za-z]*(?:\[\])?[?]?(?:[ \t]|$)|@@(?:unique|id))`)
	count(lines) > 0
}

_integration_needed[file.path] := {"file": file, "line": min(lines), "what": "database"} if {
	some file in diff.sql
	paths.migration(file.path)
	lines := code.hits(file, `(?i)\b(?:create[ \t]+(?:unlogged[ \t]+)?table|alter[ \t]+table|drop[ \t]+(?:table|column)|create[ \t]+(?:or[ \t]+replace[ \t]+)?(?:function|trigger|view|unique))\b`)
	count(lines) > 0
}

# One finding for each kind, at its first file.
found contains finding if {
	count(tests.integration) == 0
	some what in {"API", "database"}
	paths_of := {path | some path, entry in _integration_needed; entry.what == what}
	count(paths_of) > 0
	need := _integration_needed[min(paths_of)]
	finding := diff.finding(
		"R10", need.file, need.line,
		sprintf("Change of the %s without an integration test", [what]),
		"Add a test against a real database, or through the HTTP layer, that uses what changed.",
	)
}

_skipped := `(?:^|[^0-9A-Za-z_$.])(?:(?:it|test|describe|context|suite)(?:[.](?:concurrent|each))?[.](?:skip|fixme)(?:[.]each)?[ ]?[(\x60]|x(?:it|test|describe)(?:[.]each)?[ ]?[(\x60]|(?:pending|this[.]skip)\(\))`

found contains finding if {
	some file in tests.files
	some line in statements.hits(file, _skipped)
	not _has_reason(file, line)
	finding := diff.finding(
		"R10", file, line,
		"Skipped test without a reason",
		"Say in a comment above it why it is skipped, and name the ticket; or mend it.",
	)
}

# In the call: test.skip(condition, 'why'); behind it; or in the lines above.
_has_reason(file, line) if regex.match(`[.](?:skip|fixme)\([^'"\x60)].*,[ ]*['"\x60][^'"\x60]{5,}['"\x60]\)`, file.rows[line])

_has_reason(file, line) if _reason(regex.replace(statements.raw(file, line), `^.*?//`, "//"))

_has_reason(file, line) if _reason(statements.raw(file, line - 1))

_has_reason(file, line) if {
	regex.match(`\*/[ \t]*$`, statements.raw(file, line - 1))
	some above in numbers.range(max([1, line - 6]), line - 1)
	_reason(statements.raw(file, above))
}

# A comment that the diff shows as context was there before; its words are not known, its being is.
_has_reason(file, line) if {
	not line - 1 in file.new
	file.rows[line - 1] == " "
}

_reason(text) if {
	comment := regex.find_n(`^[ \t]*(?://|/\*+|\*).*$`, text, 1)[0]
	words := regex.find_n(`[A-Za-z]{2,}`, regex.replace(comment, `(?i)eslint-[a-z-]+|todo|fixme|skip(ped)?`, ""), -1)
	count(words) > 1
}

_reason(text) if regex.match(`^[ \t]*(?://|/\*|\*).*(?:[A-Z]{2,}-[0-9]+|#[0-9]+|https?://)`, text)
