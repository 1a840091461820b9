# METADATA
# title: Performance Budgets
# description: |
#   Judges the figures that CI puts at `input.performance`; without them the rule is not evaluated:
#
#     {"queries":   [{"name": "orders by tenant", "ms": 120, "file": "apps/api/src/orders/orders.service.ts"}],
#      "bundles":   [{"name": "web main", "bytes": 310000, "file": "apps/web/src/main.tsx"}],
#      "memory":    [{"name": "api after load", "bytes": 420000000}],
#      "endpoints": [{"name": "GET /orders", "ms": 180}]}
#
#   A figure may bring its own `budget`; the others come from `data.budgets.performance` and have defaults.
package forge.rules.r18

import rego.v1

_defaults := {"query_ms": 100, "bundle_bytes": 512000, "memory_bytes": 536870912, "endpoint_ms": 300}

_budgets := object.union(_defaults, _own_budgets)

default _own_budgets := {}

_own_budgets := data.budgets.performance

_kinds := {
	"queries": {
		"unit": "ms", "budget": "query_ms", "what": "Slow query",
		"remediation": "Look at EXPLAIN, select only the needed columns, and replace loops of queries by one.",
	},
	"bundles": {
		"unit": "bytes", "budget": "bundle_bytes", "what": "Large bundle",
		"remediation": "Load routes lazily and import single functions instead of whole libraries.",
	},
	"memory": {
		"unit": "bytes", "budget": "memory_bytes", "what": "High memory use",
		"remediation": "Stream instead of collecting, bound every cache, and look for what is never let go.",
	},
	"endpoints": {
		"unit": "ms", "budget": "endpoint_ms", "what": "Slow API response",
		"remediation": "Measure where the time goes: queries in loops, calls that could run at once, too large answers.",
	},
}

default figures := {}

figures := input.performance if is_object(input.performance)

# Every usable figure: {kind, name, value, budget, file, line}.
_measured contains {"kind": kind, "figure": figure, "value": figure[kind.unit], "budget": object.get(figure, "budget", _budgets[kind.budget])} if {
	some group, kind in _kinds
	some figure in figures[group]
	is_number(figure[kind.unit])
}

# Not evaluated is not passed: the package of the rule says so where there is no figure at all.
default stated := false

stated if count(_measured) > 0

found contains finding if {
	some measured in _measured
	measured.value > measured.budget
	finding := {
		"rule": "R18",
		"file": object.get(measured.figure, "file", ""),
		"line": object.get(measured.figure, "line", 0),
		"message": sprintf("%s: %s takes %v %s, the budget is %v.", [
			measured.kind.what, object.get(measured.figure, "name", "unnamed"), measured.value, measured.kind.unit, measured.budget,
		]),
		"remediation": measured.kind.remediation,
	}
}
