# METADATA
# title: Naming Conventions
# description: |
#   Case of names and files, names that disagree with their place, and names of products that are retired.
#   `data.naming.retired` may name others: {"OldName": "NewName"}.
package forge.rules.r23

import rego.v1

import data.forge.code
import data.forge.diff
import data.forge.filenames
import data.forge.paths
import data.forge.statements

_written contains file if {
	some file in diff.code
	file.status != "removed"
	not paths.story(file.path)
}

# --- Case of names in code ---

_head := `^[ \t]*(?:export[ \t]+)?(?:default[ \t]+)?(?:declare[ \t]+)?(?:abstract[ \t]+)?`

_faults contains {"file": statements.brief(file), "line": line, "name": name, "should": "PascalCase"} if {
	some file in _written
	pattern := concat("", [_head, `(?:class|interface|enum|type)[ \t]+([a-z][0-9A-Za-z_$]*|[A-Z][0-9A-Za-z]*_[0-9A-Za-z_]*)[ \t]*(?:[{<=]|extends|implements)`])
	some line in code.hits(file, pattern)
	name := regex.find_all_string_submatch_n(pattern, file.rows[line], 1)[0][1]
}

# Functions and methods: no underscores between words, no capital verb in front.
_function := concat("", [
	`(?:function[ \t*]+|(?:const|let)[ \t]+)([A-Za-z][0-9A-Za-z$]*_[0-9A-Za-z_$]*|`, _capital_verb,
	`)(?:[ \t]*[(<]|[ \t]*(?::[^=\n]*)?=[ \t]*(?:async[ \t]*)?(?:function|\([^\n]*=>|\([ \t]*$|[a-z][0-9A-Za-z]*[ \t]*=>))`,
])

_capital_verb := `(?:Get|Set|Create|Update|Delete|Remove|Fetch|Load|Save|Send|Build|Make|Calculate|Compute|Find|Parse|Format|Validate|Handle|Process|Convert|Check|Generate|Is|Has|Can|Should)[A-Z][0-9A-Za-z]*`

_faults contains {"file": statements.brief(file), "line": line, "name": name, "should": "camelCase"} if {
	some file in _written
	not regex.match(`decorators?[./]|[.]decorator`, file.path)
	pattern := concat("", [_head, `(?:async[ \t]+)?`, _function])
	some line in code.hits(file, pattern)
	name := regex.find_all_string_submatch_n(pattern, file.rows[line], 1)[0][1]
	not regex.match(`^[A-Z][0-9A-Z_]*$`, name)
	not _a_component(file, line, name)
}

_faults contains {"file": statements.brief(file), "line": line, "name": name, "should": "camelCase"} if {
	some file in _written
	not paths.test(file.path)
	pattern := concat("", [
		`^[ \t]+(?:(?:public|private|protected|static|override)[ \t]+)*(?:async[ \t]+)?([A-Za-z][0-9A-Za-z]*_[0-9A-Za-z_]*|`, _capital_verb,
		`)[ \t]*(?:<[^()\n]*>)?\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\)[ \t]*(?::[^=\n;]*)?\{[ \t]*$`,
	])
	some line in code.hits(file, pattern)
	name := regex.find_all_string_submatch_n(pattern, file.rows[line], 1)[0][1]
}

# Variables; what a constant is in capitals is fine, what has capitals and small letters with underscores is not.
_faults contains {"file": statements.brief(file), "line": line, "name": name, "should": should} if {
	some file in _written
	pattern := `^[ \t]*(?:export[ \t]+)?(const|let|var)[ \t]+([A-Za-z][0-9A-Za-z$]*_[0-9A-Za-z_$]*)[ \t]*(?::[^=\n]*)?(?:=|;|$)`
	some line in code.hits(file, pattern)
	match := regex.find_all_string_submatch_n(pattern, file.rows[line], 1)[0]
	name := match[2]
	not regex.match(`^[A-Z][0-9A-Z_$]*$`, name)
	not regex.match(`=>|=[ \t]*(?:async[ \t]*)?function|=[ \t]*\([ \t]*$`, file.rows[line])
	should := {true: "UPPER_SNAKE_CASE", false: "camelCase"}[_looks_constant(match[1], name, file.rows[line])]
}

# A variable that begins like a class.
_faults contains {"file": statements.brief(file), "line": line, "name": name, "should": "camelCase"} if {
	some file in _written
	pattern := `^[ \t]*(?:let|var)[ \t]+([A-Z][0-9A-Z]*[a-z][0-9A-Za-z]*)[ \t]*(?::[^=\n]*)?(?:=|;|$)`
	some line in code.hits(file, pattern)
	name := regex.find_all_string_submatch_n(pattern, file.rows[line], 1)[0][1]
}

_looks_constant("const", _, row) if regex.match(`^export[^=]*=[ \t]*(?:[0-9'"]|\[|true|false)`, row)

_looks_constant("const", name, _) if regex.match(`^[A-Z]`, name)

default _looks_constant(_, _, _) := false

# A primitive that is exported in capitals and small letters: `export const MaxRetries = 3`.
_faults contains {"file": statements.brief(file), "line": line, "name": name, "should": "UPPER_SNAKE_CASE"} if {
	some file in _written
	pattern := `^(?:export[ \t]+)?const[ \t]+([A-Z][0-9A-Z]*[a-z][0-9A-Za-z]*)[ \t]*(?::[ ]*(?:number|string|boolean))?[ \t]*=[ \t]*(?:-?[0-9][0-9_.]*(?:[ ]?\*[ ]?[0-9_]+)*|'[^']*'|"[^"]*"|true|false)(?:[ ]as const)?;?[ \t]*$`
	some line in code.hits(file, pattern)
	name := regex.find_all_string_submatch_n(pattern, file.rows[line], 1)[0][1]
}

# Components begin with a capital; what is exported and answers with a tag is one.
_faults contains {"file": statements.brief(file), "line": line, "name": name, "should": "PascalCase"} if {
	some file in _written
	regex.match(`[.][jt]sx$`, file.path)
	not paths.test(file.path)
	pattern := `^export[ \t]+(?:default[ \t]+)?(?:function[ \t]+([a-z][0-9A-Za-z]*)[ \t]*\(|const[ \t]+([a-z][0-9A-Za-z]*)[ \t]*(?::[^=\n]*)?=[ \t]*(?:\(|async|function|(?:React[.])?(?:memo|forwardRef)))`
	some line in code.hits(file, pattern)
	match := regex.find_all_string_submatch_n(pattern, file.rows[line], 1)[0]
	name := concat("", [match[1], match[2]])
	not regex.match(`^(?:render|use|with|get|to|make|create|format|build|map|generate|wrap)(?:[A-Z]|$)`, name)
	_answers_with_a_tag(file, line)
}

_a_component(file, line, _) if {
	regex.match(`[.][jt]sx$`, file.path)
	_answers_with_a_tag(file, line)
}

_answers_with_a_tag(file, line) if regex.match(
	`(?:return[ \t]*\(?|=>[ \t]*\(?)[ \t\n]*<[A-Za-z>]`,
	concat("\n", array.slice(statements.below(file, line), 0, 25)),
)

found contains finding if {
	some fault in _faults
	finding := diff.finding(
		"R23", fault.file, fault.line,
		sprintf("Wrong case: %s should be %s.", [fault.name, fault.should]),
		"Rename it with the editor's refactoring, so that imports follow.",
	)
}

# --- Case of file names ---

_base(path) := parts[count(parts) - 1] if parts := split(path, "/")

found contains finding if {
	some bad in filenames.bad
	finding := diff.finding(
		"R23", bad.file, bad.line,
		sprintf("Wrong case: the file %s should be %s.", [_base(bad.file.path), bad.should]),
		"Rename it with git mv, so that its history stays.",
	)
}

# --- Names that disagree ---

_parts := {"service": "Service", "controller": "Controller", "module": "Module", "guard": "Guard", "resolver": "Resolver", "gateway": "Gateway", "interceptor": "Interceptor", "pipe": "Pipe", "repository": "Repository", "middleware": "Middleware", "strategy": "Strategy", "filter": "Filter", "dto": "Dto"}

_class := `^export[ \t]+(?:default[ \t]+)?(?:abstract[ \t]+)?class[ \t]+([A-Za-z0-9_]+)`

# A class without the suffix of its file.
found contains finding if {
	some file in _written
	not paths.test(file.path)
	kind := regex.find_all_string_submatch_n(`[.]([a-z]+)[.]ts$`, file.path, 1)[0][1]
	suffix := _parts[kind]
	lines := code.hits(file, _class)
	names := {line: regex.find_all_string_submatch_n(_class, file.rows[line], 1)[0][1] | some line in lines}
	count(names) > 0
	count({1 | some name in names; endswith(name, suffix)}) == 0
	file.status == "added"
	line := min(lines)
	not regex.match(`(?i)(?:Exception|Error|Type|Enum|Base|Options|Config|Event)$`, names[line])
	finding := diff.finding(
		"R23", file, line,
		sprintf("Inconsistent name: %s stands in %s and should end in %s.", [names[line], _base(file.path), suffix]),
		"Name the class after its file, and the file after its class.",
	)
}

# A file and its only class, or its component, that speak of different things.
found contains finding if {
	some file in _written
	file.status == "added"
	not paths.test(file.path)
	regex.match(`[.](?:service|controller|resolver|gateway|module|repository)[.]ts$`, file.path)
	lines := code.hits(file, _class)
	count(lines) == 1
	line := min(lines)
	name := regex.find_all_string_submatch_n(_class, file.rows[line], 1)[0][1]
	some suffix in _parts
	endswith(name, suffix)
	stem := _letters(split(_base(file.path), ".")[0])
	word := _letters(trim_suffix(name, suffix))
	not contains(word, _singular(stem))
	not contains(stem, _singular(word))
	finding := diff.finding(
		"R23", file, line,
		sprintf("Inconsistent name: %s stands in %s.", [name, _base(file.path)]),
		"Name the class after its file, and the file after its class.",
	)
}

found contains finding if {
	some file in _written
	file.status == "added"
	regex.match(`(?:^|/)[A-Z][0-9A-Za-z]*[.][jt]sx$`, file.path)
	not paths.test(file.path)
	pattern := `^export[ \t]+(?:default[ \t]+function[ \t]+|default[ \t]+(?:memo\()?|const[ \t]+|function[ \t]+)([A-Z][0-9A-Za-z]*[a-z][0-9A-Za-z]*)[ \t]*(?:[(;=:)]|$)`
	names := {line: regex.find_all_string_submatch_n(pattern, file.rows[line], 1)[0][1] | some line in code.hits(file, pattern)}
	count(names) > 0
	stem := split(_base(file.path), ".")[0]
	count({1 | some name in names; contains(lower(name), lower(stem))}) == 0
	count({1 | some name in names; contains(lower(stem), lower(name))}) == 0
	line := min(object.keys(names))
	finding := diff.finding(
		"R23", file, line,
		sprintf("Inconsistent name: %s stands in %s.", [names[line], _base(file.path)]),
		"Name the component after its file, and the file after its component.",
	)
}

_letters(text) := lower(regex.replace(text, `[^0-9A-Za-z]`, ""))

_singular(text) := regex.replace(text, `(?:ies|es|s|y)$`, "")

# One thing, spelt in two ways in the added lines of one file: userId and userID, DTO and Dto.
found contains finding if {
	some file in _written
	names := {name | some name in regex.find_n(`[a-z][0-9A-Za-z]*(?:ID|Id|URL|Url)(?:[^0-9A-Za-z]|$)`, file.added, -1)}
	cut := {trim_right(regex.replace(name, `[^0-9A-Za-z]`, ""), " ") | some name in names}
	some one in cut
	some other in cut
	one < other
	lower(one) == lower(other)
	lines := code.hits(file, concat("", [`(?:[^0-9A-Za-z_$]|^)`, one, `(?:[^0-9A-Za-z_$]|$)`]))
	count(lines) > 0
	finding := diff.finding(
		"R23", file, min(lines),
		sprintf("Inconsistent name: %s and %s are one thing.", [other, one]),
		sprintf("Write %s everywhere.", [other]),
	)
}

found contains finding if {
	some file in _written
	pattern := `^[ \t]*(?:export[ \t]+)?(?:abstract[ \t]+)?(?:class|interface|type)[ \t]+([A-Z][0-9A-Za-z]*(?:DTO|Controler|Sevice|Repositry))[ \t{<=]`
	some line in code.hits(file, pattern)
	name := regex.find_all_string_submatch_n(pattern, file.rows[line], 1)[0][1]
	finding := diff.finding(
		"R23", file, line,
		sprintf("Inconsistent name: %s is spelt unlike its kind.", [name]),
		"Write the suffix as everywhere else: Dto, Controller, Service, Repository.",
	)
}

# --- Retired names ---

default _retired := {"VeroSuite": "VeroField"}

_retired := data.naming.retired

_history := `(?i)formerly|previously|renamed (?:from|to)|used to be|was called|old name|retired|(?:^|[^a-z])(?:rename|migrat)`

# Once a file: a product name stands on many lines, and one search replaces them all.
found contains finding if {
	some file in diff.files
	file.status != "removed"
	not regex.match(`(?i)(?:^|/)(?:CHANGELOG|HISTORY|RELEASES?)[^/]*$|(?:^|/)adr/|migration-guide|[.]lock$`, file.path)
	some old, new in _retired
	contains(lower(file.raw), lower(old))
	lines := {to_number(row[1]) |
		some row in regex.find_all_string_submatch_n(`(?m)^([0-9]+)\t(.*)$`, file.raw, -1)
		contains(lower(row[2]), lower(old))
		not regex.match(_history, row[2])
	}
	count(lines) > 0
	finding := diff.finding(
		"R23", file, min(lines),
		sprintf("Retired product name %s, on %d added lines.", [old, count(lines)]),
		sprintf("Write %s, in code, comments and documents alike.", [new]),
	)
}
