# METADATA
# title: Testing
# description: New code is tested at the level it works on. Coverage and performance are policies of their own.
# custom:
#   rules:
#     - id: R16
#       name: Testing Requirements
#       tier: WARNING
#       category: Quality
package compliance.testing

import rego.v1

import data.forge.diff
import data.forge.findings
import data.forge.rules.r16

input_valid := diff.input_valid

deny := set()

override := set()

warn contains finding if some finding in findings.of("R16", r16.found)

excused contains excuse if some excuse in findings.excuses("R16", r16.found)

exempted contains exemption if some exemption in findings.exemptions("R16", r16.found)
