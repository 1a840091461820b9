# METADATA
# title: Refactor Integrity
# description: Refactorings without tests that would notice a difference, without a word on risk, or that break something.
package forge.rules.r22

import rego.v1

import data.forge.code
import data.forge.contracts
import data.forge.diff
import data.forge.paths

_refactoring if regex.match(`(?i)\b(refactor(s|ed|ing)?|restructur(e|es|ed|ing)|reorgani[sz](e|es|ed|ing))\b`, diff.title)

_refactoring if regex.match(`(?im)^[ \t]*([*_#-]*[ \t]*)?(type|kind)( of change)?[*_ \t]*:[*_ \t]*refactor|^[ \t]*- \[[xX]\][^\n]*refactor`, diff.description)

# The code that is refactored; the finding stands on the first of it.
_changed := {file |
	some file in diff.production
	file.status != "removed"
	count(file.new) + count(file.removals) > 0
}

_first := file if {
	path := min({one.path | some one in _changed})
	some file in _changed
	file.path == path
}

_at := min(_first.new) if count(_first.new) > 0

_at := _first.removals[0].line if count(_first.new) == 0

_tests := {file |
	some file in diff.code
	paths.test(file.path)
	file.status != "removed"
}

found contains finding if {
	_refactoring
	count(_tests) == 0
	finding := diff.finding(
		"R22", _first, _at,
		"This refactoring touches no test: nothing would notice if the behaviour changed with it.",
		"Add regression tests that pass before and after the change.",
	)
}

# Tests that only follow the new names compare nothing.
found contains finding if {
	_refactoring
	count(_tests) > 0
	count(_changed) > 0
	count({1 | some file in _tests; regex.match(`\b(expect|assert[A-Za-z.]*)[ \t]*[(]|toMatchSnapshot|toMatchInlineSnapshot|[.]should\b`, file.added)}) == 0
	finding := diff.finding(
		"R22", _first, _at,
		"The tests of this refactoring assert nothing new: they follow it, but do not compare behaviour before and after.",
		"Add tests that pin the old behaviour down, as snapshots or expected values, and run them on both versions.",
	)
}

found contains finding if {
	_refactoring
	not regex.match(`(?i)\brisk|\broll[ -]?back|blast radius`, diff.description)
	finding := diff.finding(
		"R22", _first, _at,
		"This refactoring comes without a word on its risk.",
		"Add a section on risk to the description: what depends on this code, what may break, how to roll back.",
	)
}

found contains finding if {
	_refactoring
	some broken in contracts.breaks
	finding := diff.finding(
		"R22", broken.file, broken.line,
		sprintf("A breaking change hides in this refactoring: %s.", [broken.what]),
		"Keep behaviour and contracts as they are, and make the breaking change in a pull request of its own.",
	)
}

# What a library or a package no longer offers.
found contains finding if {
	_refactoring
	some file in diff.production
	regex.match(`^(libs|packages|shared)/|(^|/)index[.]ts$`, file.path)
	some removal in file.removals
	some match in regex.find_all_string_submatch_n(`^export[ \t]+(?:default[ \t]+)?(?:abstract[ \t]+)?(?:async[ \t]+)?(?:function|class|const|interface|type|enum)[ \t]+([A-Za-z_$][A-Za-z0-9_$]*)`, removal.text, 1)
	not _still_exported(match[1])
	finding := diff.finding(
		"R22", file, removal.line,
		sprintf("A breaking change hides in this refactoring: `%s` is no longer exported.", [match[1]]),
		"Keep the export, as an alias of its successor if need be, and remove it in a pull request of its own.",
	)
}

_still_exported(name) if {
	some file in diff.code
	regex.match(concat("", [`(?m)^[0-9]+\t[ \t]*export\b.*\b`, name, `\b`]), file.added)
}

found contains finding if {
	_refactoring
	contracts.declared
	count(contracts.breaks) == 0
	finding := diff.finding(
		"R22", _first, _at,
		"The change calls itself a refactoring and breaking at once.",
		"Make the breaking change in a pull request of its own.",
	)
}
