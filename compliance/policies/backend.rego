# METADATA
# title: Backend
# description: Controllers stay thin, DTOs are validated, writes that belong together are one transaction.
# custom:
#   rules:
#     - id: R11
#       name: Backend Patterns
#       tier: OVERRIDE
#       category: Backend
#       override_marker: backend-patterns
package compliance.backend

import rego.v1

import data.forge.diff
import data.forge.findings
import data.forge.rules.r11

input_valid := diff.input_valid

deny := set()

override contains finding if some finding in findings.of("R11", r11.found)

warn := set()

excused contains excuse if some excuse in findings.excuses("R11", r11.found)

exempted contains exemption if some exemption in findings.exemptions("R11", r11.found)
