# METADATA
# title: Operations
# description: Workflows declare the right triggers.
# custom:
#   rules:
#     - id: R25
#       name: CI/CD Workflow Triggers
#       tier: WARNING
#       category: Operations
package compliance.operations

import rego.v1

import data.forge.diff
import data.forge.findings
import data.forge.rules.r25

input_valid := diff.input_valid

deny := set()

override := set()

warn contains finding if some finding in findings.of("R25", r25.found)

excused contains excuse if some excuse in findings.excuses("R25", r25.found)

exempted contains exemption if some exemption in findings.exemptions("R25", r25.found)
