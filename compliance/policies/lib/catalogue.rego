# METADATA
# title: Severities and markers
# description: The same as in the product's catalogue and in the policies' annotations; a test compares them.
package forge.catalogue

import rego.v1

rules := {
	"R01": {"severity": "BLOCK", "marker": "tenant-isolation"},
	"R02": {"severity": "BLOCK", "marker": "rls-enforcement"},
	"R03": {"severity": "BLOCK", "marker": "architecture-boundaries"},
	"R04": {"severity": "OVERRIDE", "marker": "layer-sync"},
	"R05": {"severity": "OVERRIDE", "marker": "state-machine"},
	"R06": {"severity": "OVERRIDE", "marker": "breaking-change"},
	"R07": {"severity": "OVERRIDE", "marker": "error-handling"},
	"R08": {"severity": "OVERRIDE", "marker": "structured-logging"},
	"R09": {"severity": "OVERRIDE", "marker": "trace-propagation"},
	"R10": {"severity": "OVERRIDE", "marker": "test-coverage"},
	"R11": {"severity": "OVERRIDE", "marker": "backend-patterns"},
	"R12": {"severity": "OVERRIDE", "marker": "security-logging"},
	"R13": {"severity": "OVERRIDE", "marker": "input-validation"},
	"R14": {"severity": "WARNING"},
	"R15": {"severity": "WARNING"},
	"R16": {"severity": "WARNING"},
	"R17": {"severity": "WARNING"},
	"R18": {"severity": "WARNING"},
	"R19": {"severity": "WARNING"},
	"R20": {"severity": "WARNING"},
	"R21": {"severity": "WARNING"},
	"R22": {"severity": "WARNING"},
	"R23": {"severity": "WARNING"},
	"R24": {"severity": "WARNING"},
	"R25": {"severity": "WARNING"},
}
