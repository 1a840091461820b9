# METADATA
# title: UX consistency
# description: Everyone can use the interface, and it looks the same everywhere.
# custom:
#   rules:
#     - id: R19
#       name: Accessibility Requirements
#       tier: WARNING
#       category: UX
#     - id: R20
#       name: UX Consistency
#       tier: WARNING
#       category: UX
package compliance.ux_consistency

import rego.v1

import data.forge.diff
import data.forge.findings
import data.forge.rules.r19
import data.forge.rules.r20

input_valid := diff.input_valid

deny := set()

override := set()

warn contains finding if some finding in findings.of("R19", r19.found)

warn contains finding if some finding in findings.of("R20", r20.found)

excused contains excuse if some excuse in findings.excuses("R19", r19.found)

excused contains excuse if some excuse in findings.excuses("R20", r20.found)

exempted contains exemption if some exemption in findings.exemptions("R19", r19.found)

exempted contains exemption if some exemption in findings.exemptions("R20", r20.found)
