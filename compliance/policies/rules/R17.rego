# METADATA
# title: Coverage Requirements
# description: |
#   Judges the figures that CI puts at `input.coverage`, in per cent; without them the rule is not evaluated:
#
#     {"lines": 84.2, "branches": 71, "functions": 80, "statements": 84,
#      "previous": {"lines": 85.0, "branches": 71},
#      "files": {"apps/api/src/auth/auth.service.ts": 91.5}}
#
#   Bounds come from `data.budgets.coverage` and have defaults.
package forge.rules.r17

import rego.v1

import data.forge.diff

_defaults := {
	"lines": 80, "statements": 80, "functions": 80, "branches": 70,
	"fall": 0.5, "critical": 90,
	"critical_paths": ["**/auth/**", "**/authentication/**", "**/payment*/**", "**/billing/**", "**/tenant*/**", "**/security/**"],
}

_bounds := object.union(_defaults, _own_bounds)

default _own_bounds := {}

_own_bounds := data.budgets.coverage

default figures := {}

figures := input.coverage if is_object(input.coverage)

# Not evaluated is not passed: the package of the rule says so where there is no figure at all.
default stated := false

stated if {
	some kind in ["lines", "statements", "functions", "branches"]
	is_number(figures[kind])
}

stated if {
	some _, percent in figures.files
	is_number(percent)
}

found contains finding if {
	some kind in ["lines", "statements", "functions", "branches"]
	figures[kind] < _bounds[kind]
	finding := _of_the_project(
		sprintf("Coverage of %s is below its threshold: %v %% of %v %%.", [kind, figures[kind], _bounds[kind]]),
		"Test the branches of the changed files that the coverage report shows in red.",
	)
}

found contains finding if {
	some kind in ["lines", "statements", "functions", "branches"]
	previous := _previous(kind)
	previous - figures[kind] > _bounds.fall
	finding := _of_the_project(
		sprintf("Coverage of %s falls: %v %% after %v %%.", [kind, figures[kind], previous]),
		"Cover what this change adds; the report shows which lines are new and untested.",
	)
}

_previous(kind) := figures.previous[kind] if is_number(figures.previous[kind])

_previous(kind) := figures[concat("_", ["previous", kind])] if {
	not figures.previous[kind]
	is_number(figures[concat("_", ["previous", kind])])
}

# A critical file is judged where the change touches it: what was there before is another change's matter.
found contains finding if {
	some path, percent in figures.files
	is_number(percent)
	percent < _bounds.critical
	some file in diff.production
	file.path == path
	_critical(path)
	finding := diff.finding(
		"R17", file, min(file.new | {0 | count(file.new) == 0}),
		sprintf("Critical path uncovered: %v %% of the file, %v %% is asked for.", [percent, _bounds.critical]),
		"Test every branch of code that signs people in, takes money or keeps tenants apart.",
	)
}

_critical(path) if {
	some pattern in _bounds.critical_paths
	glob.match(pattern, ["/"], path)
}

# The whole project has no line: the finding names no file.
_of_the_project(message, remediation) := {"rule": "R17", "file": "", "line": 0, "message": message, "remediation": remediation}
