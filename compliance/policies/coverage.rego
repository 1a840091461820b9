# METADATA
# title: Coverage
# description: "A part of testing.rego in a package of its own: without figures nothing is said about its rule."
# custom:
#   policy: testing.rego
#   rules:
#     - id: R17
#       name: Coverage Requirements
#       tier: WARNING
#       category: Quality
package compliance.coverage

import rego.v1

import data.forge.diff
import data.forge.findings
import data.forge.rules.r17

default input_valid := false

# Without figures the rule is not evaluated, which is not the same as passed.
input_valid if {
	diff.input_valid
	r17.stated
}

deny := set()

override := set()

warn contains finding if some finding in findings.of("R17", r17.found)

excused contains excuse if some excuse in findings.excuses("R17", r17.found)

exempted contains exemption if some exemption in findings.exemptions("R17", r17.found)
