# METADATA
# title: Architecture
# description: Services and folders as agreed, files where they belong, refactorings that prove themselves.
# custom:
#   rules:
#     - id: R03
#       name: Architecture Boundaries
#       tier: BLOCK
#       category: Architecture
#       override_marker: architecture-boundaries
#     - id: R21
#       name: File Organization
#       tier: WARNING
#       category: Architecture
#     - id: R22
#       name: Refactor Integrity
#       tier: WARNING
#       category: Architecture
package compliance.architecture

import rego.v1

import data.forge.diff
import data.forge.findings
import data.forge.rules.r03
import data.forge.rules.r21
import data.forge.rules.r22

input_valid := diff.input_valid

deny contains finding if some finding in findings.of("R03", r03.found)

override := set()

warn contains finding if some finding in findings.of("R21", r21.found)

warn contains finding if some finding in findings.of("R22", r22.found)

excused contains excuse if {
	some rule, found in {"R03": r03.found, "R21": r21.found, "R22": r22.found}
	some excuse in findings.excuses(rule, found)
}

exempted contains exemption if {
	some rule, found in {"R03": r03.found, "R21": r21.found, "R22": r22.found}
	some exemption in findings.exemptions(rule, found)
}
