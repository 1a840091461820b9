# METADATA
# title: Error handling
# description: No error is swallowed.
# custom:
#   rules:
#     - id: R07
#       name: Error Handling
#       tier: OVERRIDE
#       category: Error Resilience
#       override_marker: error-handling
package compliance.error_handling

import rego.v1

import data.forge.diff
import data.forge.findings
import data.forge.rules.r07

input_valid := diff.input_valid

deny := set()

override contains finding if some finding in findings.of("R07", r07.found)

warn := set()

excused contains excuse if some excuse in findings.excuses("R07", r07.found)

exempted contains exemption if some exemption in findings.exemptions("R07", r07.found)
