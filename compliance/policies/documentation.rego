# METADATA
# title: Documentation
# description: Names follow the conventions.
# custom:
#   rules:
#     - id: R23
#       name: Naming Conventions
#       tier: WARNING
#       category: Documentation
package compliance.documentation

import rego.v1

import data.forge.diff
import data.forge.findings
import data.forge.rules.r23

input_valid := diff.input_valid

deny := set()

override := set()

warn contains finding if some finding in findings.of("R23", r23.found)

excused contains excuse if some excuse in findings.excuses("R23", r23.found)

exempted contains exemption if some exemption in findings.exemptions("R23", r23.found)
