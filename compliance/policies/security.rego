# METADATA
# title: Security
# description: Tenants stay apart, row level security stays on, security events leave a trail, input is validated.
# custom:
#   rules:
#     - id: R01
#       name: Tenant Isolation
#       tier: BLOCK
#       category: Security
#       override_marker: tenant-isolation
#     - id: R02
#       name: RLS Enforcement
#       tier: BLOCK
#       category: Security
#       override_marker: rls-enforcement
#     - id: R12
#       name: Security Event Logging
#       tier: OVERRIDE
#       category: Security
#       override_marker: security-logging
#     - id: R13
#       name: Input Validation
#       tier: OVERRIDE
#       category: Security
#       override_marker: input-validation
package compliance.security

import rego.v1

import data.forge.diff
import data.forge.findings
import data.forge.rules.r01
import data.forge.rules.r02
import data.forge.rules.r12
import data.forge.rules.r13

input_valid := diff.input_valid

deny contains finding if some finding in findings.of("R01", r01.found)

deny contains finding if some finding in findings.of("R02", r02.found)

override contains finding if some finding in findings.of("R12", r12.found)

override contains finding if some finding in findings.of("R13", r13.found)

warn := set()

excused contains excuse if {
	some rule, found in {"R01": r01.found, "R02": r02.found, "R12": r12.found, "R13": r13.found}
	some excuse in findings.excuses(rule, found)
}

exempted contains exemption if {
	some rule, found in {"R01": r01.found, "R02": r02.found, "R12": r12.found, "R13": r13.found}
	some exemption in findings.exemptions(rule, found)
}
