# METADATA
# title: Tech debt
# description: Shortcuts are written down, notes are done or tracked.
# custom:
#   rules:
#     - id: R14
#       name: Tech Debt Logging
#       tier: WARNING
#       category: Tech Debt
#     - id: R15
#       name: TODO/FIXME Handling
#       tier: WARNING
#       category: Tech Debt
package compliance.tech_debt

import rego.v1

import data.forge.diff
import data.forge.findings
import data.forge.rules.r14
import data.forge.rules.r15

input_valid := diff.input_valid

deny := set()

override := set()

warn contains finding if some finding in findings.of("R14", r14.found)

warn contains finding if some finding in findings.of("R15", r15.found)

excused contains excuse if some excuse in findings.excuses("R14", r14.found)

excused contains excuse if some excuse in findings.excuses("R15", r15.found)

exempted contains exemption if some exemption in findings.exemptions("R14", r14.found)

exempted contains exemption if some exemption in findings.exemptions("R15", r15.found)
