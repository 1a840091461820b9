# METADATA
# title: Breaking Change Documentation
# description: Changes that break callers, readers or consumers, without a migration guide or a major version.
package forge.rules.r06

import rego.v1

import data.forge.contracts
import data.forge.diff

_whom := {"api": "callers of the API", "schema": "readers of the table", "event": "consumers of the event"}

found contains finding if {
	not contracts.documented
	some broken in contracts.breaks
	finding := diff.finding(
		"R06", broken.file, broken.line,
		sprintf("This breaks %s: %s, and no migration guide or major version comes with it.", [_whom[broken.kind], broken.what]),
		"Keep the old form beside the new one, or put [BREAKING] into the title and add a guide under docs/migrations/.",
	)
}

# Said to be breaking, in places that a diff does not give away.
found contains finding if {
	contracts.declared
	not contracts.documented
	count(contracts.breaks) == 0
	path := min({one.path | some one in diff.files})
	some file in diff.files
	file.path == path
	finding := diff.finding(
		"R06", file, min(file.new | {1 | count(file.new) == 0}),
		"The change calls itself breaking, but neither a migration guide nor a major version comes with it.",
		"Add a guide under docs/migrations/ that shows old and new side by side, or raise the major version.",
	)
}
