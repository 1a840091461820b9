# METADATA
# title: Tech Debt Logging
# description: Workarounds that no log knows, entries of the log without plan or estimate, dates written into code.
package forge.rules.r14

import rego.v1

import data.forge.code
import data.forge.comments
import data.forge.diff
import data.forge.paths
import data.forge.statements

# --- Workarounds ---

_workaround := `(?i)(?:^|[^0-9a-z_])(?:work-?[ ]?arounds?|hack(?:y|ish)?|kludge|kluge|band-?aid|stop-?gap|quick(?:[ -]and[ -]dirty|[ -](?:fix|hack|patch))|dirty (?:fix|hack|trick)|(?:temp|temporary|interim|ugly|short-?term|makeshift)[ ](?:fix|hack|solution|patch|workaround|measure|code|shim)|monkey[ -]?patch(?:es|ed|ing)?|tech(?:nical)?[ -]debt|shortcut|temporarily|for now)(?:[^0-9a-z_(]|$)`

_gone := `(?i)(?:^|[^0-9a-z_])(?:no|not an?|never|without|remov(?:e|es|ed|ing)|replac(?:e|es|ed|ing)|drop(?:s|ped)?|instead of|rather than|avoids?|no longer|keyboard|hack(?:athon|er|ers|ernews))[ ]`

found contains finding if {
	some comment in comments.all
	not paths.test(comment.file.path)
	not _debt_log(comment.file.path)
	regex.match(_workaround, comment.text)
	not regex.match(_gone, comment.text)
	not _logged(comment)
	not _log_grows
	finding := diff.finding(
		"R14", comment.file, comment.line,
		"Workaround that the tech debt log does not know.",
		"Add an entry with plan and estimate to the tech debt log, and name it in this comment.",
	)
}

# The reference may stand in a neighbouring line of the same comment.
_logged(comment) if {
	some other in comments.all
	other.file.path == comment.file.path
	abs(other.line - comment.line) <= 3
	comments.tracked(regex.replace(other.text, `(?i)(?:this is |is |our |more |known )tech(?:nical)?[ -]debt`, ""))
	_same_comment(comment, other)
}

_same_comment(comment, other) if comment.line == other.line

_same_comment(comment, other) if {
	every line in numbers.range(comment.line, other.line) {
		line in {near.line | some near in comments.all; near.file.path == comment.file.path}
	}
}

_log_grows if {
	some file in diff.files
	_debt_log(file.path)
	count(file.new) > 0
}

# --- Entries of the log ---

_debt_log(path) if regex.match(`(?i)(?:^|/)[^/]*(?:tech(?:nical)?[-_ ]?debt)[^/]*(?:[.](?:mdx?|ya?ml|txt)|/[^/]+[.](?:mdx?|ya?ml))$`, path)

_plan := `plan|remediation|remedy|resolution|solution|fix|how to (?:fix|mend|pay)|proposal|proposed|next steps?|action|approach`

_estimate := `estimate|estimated|effort|story points|points|size|cost to fix|time to fix|t-shirt`

_nothing := `(?i)^[ \t*_:|.-]*(?:tbd|tba|todo|to be (?:done|decided|defined|estimated)|unknown|none|n/?a|not (?:yet )?(?:known|estimated|planned)|later|pending|[?]+|[-–—]+)?[ \t*_|.]*$`

# Every entry that an added line opens: {file, line, text}. A heading with words beneath it, or an item with an id.
_entries contains {"file": statements.brief(file), "line": line, "text": text} if {
	some [file, line] in diff.search("files", `^#{2,4}[ \t]+[^ ]`)
	_debt_log(file.path)
	heading := file.rows[line]
	not regex.match(_not_an_entry, heading)
	text := _beneath(file, line, count(regex.find_n(`^#+`, heading, 1)[0]))
	_is_entry(heading, text)
}

_entries contains {"file": statements.brief(file), "line": line, "text": text} if {
	some [file, line] in diff.search("files", `^(?:[-*][ \t]+(?:\[[ ]\]|\*{0,2}\[?[A-Z]{2,}-[0-9]+)|-[ \t]+(?:id|title|name):)`)
	_debt_log(file.path)
	text := concat("\n", [row | some row in _item(file, line)])
	not _inside_an_entry(file, line)
}

_inside_an_entry(file, line) if {
	rows := statements.above(file, line, 30)
	some row in rows
	regex.match(`^#{2,4}[ \t].*(?:DEBT|TD|[A-Z]+)-[0-9]+`, row)
}

_not_an_entry := `(?i)^#+[ \t]+(?:\*\*)?(?:plan|remediation|estimate|effort|impact|context|description|location|why|cost|status|owner|background|problem|priority|category|overview|open|closed|resolved|template|format|how|index|contents|table|summary|notes?|references?|history|steps|solution|resolution|entries|items|backlog|high|medium|low|critical|active|completed|paid|frontend|backend|mobile|infrastructure|what|risks?|proposal|approach|details|next)(?:[ \t:*]|$)[^0-9]*$`

_is_entry(heading, _) if regex.match(`[A-Z]{2,}-[0-9]+`, heading)

_is_entry(_, text) if {
	body := trim_space(text)
	body != ""
	not startswith(body, "#")
}

# The lines up to the next heading that is no deeper.
_beneath(file, line, level) := concat("\n", array.slice(rows, 0, end)) if {
	rows := array.slice(statements.below(file, line), 1, 41)
	ends := [i | some i, row in rows; regex.match(sprintf(`^#{1,%d}[ \t]`, [level]), row)]
	end := min({count(rows)} | {i | some i in ends})
}

_item(file, line) := array.concat([rows[0]], array.slice(rows, 1, end)) if {
	rows := statements.below(file, line)
	end := min({count(rows)} | {i | some i, row in rows; i > 0; regex.match(`^[^ \t]`, row)})
}

# A field with words behind it, or a heading with words beneath it.
_states(text, name) if {
	some match in regex.find_all_string_submatch_n(sprintf(`(?im)^[ \t>|*_-]*(?:[^\n:]{0,40}[^0-9a-z\n])?(?:%s)[^\n:]{0,30}:(.*(?:\n[ \t]+[-*0-9].*)?)$`, [name]), text, -1)
	not regex.match(_nothing, match[1])
}

_states(text, name) if {
	some match in regex.find_all_string_submatch_n(sprintf(`(?im)^#+[ \t]+[^\n]*(?:%s)[^\n]*\n+([^\n]+)`, [name]), text, -1)
	not regex.match(_nothing, match[1])
	not startswith(match[1], "#")
}

_states(text, name) if {
	some match in regex.find_all_string_submatch_n(sprintf(`(?i)[(,;][ \t]*(?:%s)[^:;,()]{0,20}:?([^;,()]+)`, [name]), text, -1)
	not regex.match(_nothing, match[1])
}

# "2 days", "3 h", "5 SP" say how much work it is, whatever stands before them.
_has_estimate(text) if _states(text, _estimate)

_has_estimate(text) if regex.match(`(?i)(?:^|[^0-9a-z])(?:~[ ]?)?[0-9]+(?:[.,][0-9]+)?(?:[ ]?[-–][ ]?[0-9]+)?[ -]?(?:h|hrs?|hours?|d|days?|weeks?|person-days?|pd|sp|story points?|points?|sprints?)(?:[^0-9a-z]|$)`, text)

_has_plan(text) if _states(text, _plan)

_has_plan(text) if regex.match(`(?i)(?:^|[^0-9a-z])(?:we (?:will|plan to|should)|plan(?:ned)?(?: is)? to|(?:will|to) be (?:replaced|removed|moved|rewritten|migrated))[ ]`, text)

found contains finding if {
	some entry in _entries
	not _has_plan(entry.text)
	finding := diff.finding(
		"R14", entry.file, entry.line,
		"Tech debt entry without a plan.",
		"Say in the entry how the debt is paid back: the steps, and who takes them.",
	)
}

found contains finding if {
	some entry in _entries
	not _has_estimate(entry.text)
	finding := diff.finding(
		"R14", entry.file, entry.line,
		"Tech debt entry without an estimate.",
		"Say in the entry how long it takes to mend, in hours, days or points.",
	)
}

# The log as a table: the header names the columns, an empty cell is no plan.
_cells(row) := [trim(cell, " \t") | some cell in split(trim(trim(row, " \t"), "|"), "|")]

_table_rows contains {"file": statements.brief(file), "line": line, "head": head, "cells": _cells(file.rows[line])} if {
	some [file, line] in diff.search("files", `^[ \t]*\|`)
	_debt_log(file.path)
	not regex.match(`^[ \t|:-]*$`, file.rows[line])
	heads := [number | some number, row in file.rows; regex.match(`^[ \t]*\|[ \t|:-]*-[ \t|:-]*$`, row); number < line]
	count(heads) > 0
	top := max(heads) - 1
	line > top + 1
	head := [lower(cell) | some cell in _cells(file.rows[top])]
	regex.match(`(?i)debt|description|title|item|entry|what|issue|id`, concat(" ", head))
}

found contains finding if {
	some row in _table_rows
	some [name, pattern] in [["a plan", _plan], ["an estimate", _estimate]]
	filled := {i | some i, cell in row.head; regex.match(pattern, cell); not regex.match(_nothing, row.cells[i])}
	count(filled) == 0
	finding := diff.finding(
		"R14", row.file, row.line,
		sprintf("Tech debt entry without %s.", [name]),
		"Fill the columns for plan and estimate.",
	)
}

# --- Dates in code ---

_date := `(?:new Date|Date[.]parse|dayjs(?:[.]utc)?|moment(?:[.]utc)?|parseISO|DateTime[.]fromISO|(?:Plain|Zoned)?Date(?:Time)?[.]from|LocalDate[.]parse)\([ ]*(?:['"\x60](?:19|20)[0-9]{2}[-/][0-9]{1,2}|(?:19|20)[0-9]{2}[ ]*,)|Date[.]UTC\([ ]*(?:19|20)[0-9]{2}[ ]*,|['"\x60]20[0-9]{2}-[01][0-9]-[0-3][0-9](?:T[0-9:.]+(?:Z|[+-][0-9:]+)?)?['"\x60]`

_not_a_date_of_ours := `(?i)version|example|format|pattern|placeholder|description|@api|mock|fixture|sample|epoch|1970-01-01|0001-01-01|9999-12-31|regex|describe\(|import |https?://|changelog|copyright`

found contains finding if {
	some [file, line] in diff.search("production", _date)
	not regex.match(_not_a_date_of_ours, file.rows[line])
	finding := diff.finding(
		"R14", file, line,
		"Hard-coded date: the code behaves differently once it has passed.",
		"Take the date from the clock or from configuration.",
	)
}
