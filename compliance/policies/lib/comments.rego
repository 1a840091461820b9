# METADATA
# title: Comments
# description: What the added lines say in comments. Prose files have none; a string that looks like one is none.
package forge.comments

import rego.v1

import data.forge.diff
import data.forge.paths
import data.forge.statements

# Every added line with a comment: {file, line, text}.
all contains {"file": statements.brief(file), "line": to_number(found[1]), "text": text} if {
	some file in diff.files
	not paths.markdown(file.path)
	not regex.match(`[.](json|txt|csv|svg|snap|lock)$`, file.path)
	some found in regex.find_all_string_submatch_n(_comment(file.path), file.raw, -1)
	# Quotes in pairs before it: the comment does not begin inside a string.
	_outside_strings(found[2])
	text := trim(found[3], " \t")
	text != ""
}

_outside_strings(before) if {
	every quote in {"'", `"`, "`"} {
		strings.count(before, quote) % 2 == 0
	}
}

_outside_strings(before) if regex.match(`>[^<{}"\x60]*$`, before)

_comment(path) := `(?m)^([0-9]+)\t((?:[^#]*?[ \t])?)#+[ \t]*(.*)$` if paths.hashes(path)

_comment(path) := `(?m)^([0-9]+)\t(.*?)--[ \t]*(.*)$` if paths.sql(path)

_comment(path) := `(?m)^([0-9]+)\t(.*?)(?://+|/\*+|<!--|^\*|[ \t]\*[ \t])[ \t]*(.*)$` if {
	not paths.hashes(path)
	not paths.sql(path)
}

# A place where the debt is tracked: a ticket, a link, an entry of the tech debt log.
tracked(text) if regex.match(`(?:^|[^0-9A-Za-z_])[A-Z][A-Z0-9]+-[0-9]+|#[0-9]+|https?://|(?i)tech[-_ ]?debt|(?i)issues?/[0-9]+|GH-[0-9]+`, text)
