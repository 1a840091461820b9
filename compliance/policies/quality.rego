# METADATA
# title: Quality
# description: A change carries the tests its kind needs.
# custom:
#   rules:
#     - id: R10
#       name: Testing Coverage
#       tier: OVERRIDE
#       category: Quality
#       override_marker: test-coverage
package compliance.quality

import rego.v1

import data.forge.diff
import data.forge.findings
import data.forge.rules.r10

input_valid := diff.input_valid

deny := set()

override contains finding if some finding in findings.of("R10", r10.found)

warn := set()

excused contains excuse if some excuse in findings.excuses("R10", r10.found)

exempted contains exemption if some exemption in findings.exemptions("R10", r10.found)
