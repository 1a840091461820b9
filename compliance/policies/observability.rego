# METADATA
# title: Observability
# description: Logs are structured, and the trace id passes through every layer.
# custom:
#   rules:
#     - id: R08
#       name: Structured Logging
#       tier: OVERRIDE
#       category: Observability
#       override_marker: structured-logging
#     - id: R09
#       name: Trace Propagation
#       tier: OVERRIDE
#       category: Observability
#       override_marker: trace-propagation
package compliance.observability

import rego.v1

import data.forge.diff
import data.forge.findings
import data.forge.rules.r08
import data.forge.rules.r09

input_valid := diff.input_valid

deny := set()

override contains finding if some finding in findings.of("R08", r08.found)

override contains finding if some finding in findings.of("R09", r09.found)

warn := set()

excused contains excuse if some excuse in findings.excuses("R08", r08.found)

excused contains excuse if some excuse in findings.excuses("R09", r09.found)

exempted contains exemption if some exemption in findings.exemptions("R08", r08.found)

exempted contains exemption if some exemption in findings.exemptions("R09", r09.found)
