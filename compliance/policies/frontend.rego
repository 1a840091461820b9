# METADATA
# title: Frontend
# description: Shared code runs on web and mobile.
# custom:
#   rules:
#     - id: R24
#       name: Cross-Platform Compatibility
#       tier: WARNING
#       category: Frontend
package compliance.frontend

import rego.v1

import data.forge.diff
import data.forge.findings
import data.forge.rules.r24

input_valid := diff.input_valid

deny := set()

override := set()

warn contains finding if some finding in findings.of("R24", r24.found)

excused contains excuse if some excuse in findings.excuses("R24", r24.found)

exempted contains exemption if some exemption in findings.exemptions("R24", r24.found)
