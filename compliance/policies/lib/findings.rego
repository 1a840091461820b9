# METADATA
# title: What becomes of a finding
# description: |
#   A finding gets its rule's severity, unless the author excuses the rule with `@override:<marker>` in the
#   description, or the organisation exempts the file or the author:
#
#     {"exemptions": {"R21": {"files": ["legacy/**"]}, "*": {"authors": ["dependabot[bot]"]}}}
#
#   What is excused or exempted is counted, so that nothing disappears unseen.
package forge.findings

import rego.v1

import data.forge.catalogue
import data.forge.diff

# The findings of a rule that stand, with their severity.
of(rule, found) := {object.union(finding, {"severity": catalogue.rules[rule].severity}) |
	not excused(rule)
	some finding in found
	not exempt(rule, finding.file)
}

# What the author's marker takes out: {rule, marker, count}, or nothing.
excuses(rule, found) := {{"rule": rule, "marker": marker(rule), "count": count(standing)} |
	excused(rule)
	standing := {finding | some finding in found; not exempt(rule, finding.file)}
	count(standing) > 0
}

# What the organisation's exemptions take out: {rule, count}, or nothing.
exemptions(rule, found) := {{"rule": rule, "count": count(exempted)} |
	exempted := {finding | some finding in found; exempt(rule, finding.file)}
	count(exempted) > 0
}

excused(rule) if {
	some found in regex.find_all_string_submatch_n(`(?i)(?:^|[^0-9A-Za-z_])@override:([0-9A-Za-z_-]+)`, diff.description, -1)
	lower(found[1]) == marker(rule)
}

# A rule of the third tier needs no marker of its own; its id serves.
marker(rule) := object.get(catalogue.rules[rule], "marker", lower(rule))

exempt(rule, path) if {
	some pattern in data.exemptions[["*", rule][_]].files
	glob.match(pattern, ["/"], path)
}

exempt(rule, _) if input.author in data.exemptions[["*", rule][_]].authors
