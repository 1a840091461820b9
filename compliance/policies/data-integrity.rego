# METADATA
# title: Data integrity
# description: Layers change together, states move as documented, and what breaks others comes with a guide.
# custom:
#   rules:
#     - id: R04
#       name: Layer Synchronization
#       tier: OVERRIDE
#       category: Data Integrity
#       override_marker: layer-sync
#     - id: R05
#       name: State Machine Enforcement
#       tier: OVERRIDE
#       category: Data Integrity
#       override_marker: state-machine
#     - id: R06
#       name: Breaking Change Documentation
#       tier: OVERRIDE
#       category: Data Integrity
#       override_marker: breaking-change
package compliance.data_integrity

import rego.v1

import data.forge.diff
import data.forge.findings
import data.forge.rules.r04
import data.forge.rules.r05
import data.forge.rules.r06

input_valid := diff.input_valid

deny := set()

override contains finding if some finding in findings.of("R04", r04.found)

override contains finding if some finding in findings.of("R05", r05.found)

override contains finding if some finding in findings.of("R06", r06.found)

warn := set()

excused contains excuse if {
	some rule, found in {"R04": r04.found, "R05": r05.found, "R06": r06.found}
	some excuse in findings.excuses(rule, found)
}

exempted contains exemption if {
	some rule, found in {"R04": r04.found, "R05": r05.found, "R06": r06.found}
	some exemption in findings.exemptions(rule, found)
}
