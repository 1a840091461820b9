# METADATA
# title: Workflows
# description: GitHub workflows of the change, read by their lines: triggers, names, artifacts.
package forge.workflows

import rego.v1

import data.forge.code
import data.forge.diff
import data.forge.paths
import data.forge.statements

files contains file if {
	some file in diff.files
	paths.workflow(file.path)
	file.status != "removed"
	count(file.new) > 0
}

whole contains file if {
	some file in files
	file.whole
}

# The block under `key:` in line `number`, or what stands behind it.
under(file, number) := concat("\n", array.concat([rows[0]], array.slice(rows, 1, end))) if {
	rows := statements.below(file, number)
	own := file.indents[number]
	end := min({count(rows)} | {i | some i, row in rows; i > 0; trim_space(row) != ""; file.indents[number + i] <= own; not _item_of(file, number, i)})
}

# A list may stand at the indentation of its key.
_item_of(file, number, i) if {
	file.indents[number + i] == file.indents[number]
	regex.match(`^[ ]*- `, file.rows[number + i])
	not regex.match(`^[ ]*- `, file.rows[number])
}

on_key := `^['"]?on['"]?:`

_events := {"pull_request", "pull_request_target", "workflow_run", "release", "issues", "issue_comment", "pull_request_review", "repository_dispatch", "check_run", "check_suite", "discussion", "label", "milestone"}

# An event with its block: {file, line, event, text, types}. Types undefined: the event has none of its own.
triggers contains trigger if {
	some file in files
	some line in code.sights(file, `^[ ]+[a-z_]+:[ ]*(?:\{.*\})?[ ]*$`)
	event := regex.find_n(`[a-z_]+`, file.rows[line], 1)[0]
	event in _events
	_in_on(file, line)
	text := under(file, line)
	trigger := {"file": file, "line": line, "event": event, "text": text, "types": _types(text)}
}

_in_on(file, line) if {
	tops := [number | some number in numbers.range(max([1, line - 40]), line); file.indents[number] == 0; regex.match(`^['"A-Za-z]`, file.rows[number])]
	regex.match(on_key, file.rows[tops[count(tops) - 1]])
}

# A hunk that begins inside the section.
_in_on(file, line) if {
	count([number | some number in numbers.range(max([1, line - 40]), line); file.indents[number] == 0]) == 0
	file.indents[line] <= 4
}

_types(text) := types if {
	contains(text, "types:")
	after := regex.replace(text, `(?s)^.*?types:`, "")
	list := regex.find_n(`^[ ]*(?:\[[^\]]*\]|[a-z_]+|(?:\n[ ]*- [^\n]*)+)`, after, 1)[0]
	types := {type | some type in regex.find_n(`[a-z_]+`, list, -1)}
}

_types(text) := {"none stated"} if not contains(text, "types:")

name_of(file) := trim(regex.find_all_string_submatch_n(`(?m)^name:[ ]*(.*?)[ ]*$`, file.text, 1)[0][1], `'"`)

# Who waits for whom: {file, line, name}.
callers contains {"file": trigger.file, "line": line, "name": name} if {
	some trigger in triggers
	trigger.event == "workflow_run"
	rows := split(trigger.text, "\n")
	some i, row in rows
	line := trigger.line + i
	line in trigger.file.new
	text := _listed(rows, i)
	some name in _quoted_or_bare(text)
}

_listed(rows, i) := regex.replace(rows[i], `^[ ]*workflows:`, "") if regex.match(`^[ ]*workflows:[ ]*[^ ]`, rows[i])

_listed(rows, i) := regex.replace(rows[i], `^[ ]*-`, "") if {
	regex.match(`^[ ]*- `, rows[i])
	heads := [row | some k, row in rows; k < i; regex.match(`^[ ]*[a-z-]+:`, row)]
	regex.match(`^[ ]*workflows:[ ]*$`, heads[count(heads) - 1])
}

_quoted_or_bare(text) := {trim(part, ` '"`) | some part in split(trim(trim_space(text), "[]"), ","); trim(part, ` '"`) != ""}

# What a step hands over: {file, line, verb, name}; `name` under `with`, artifact without one.
artifacts contains {"file": file, "line": line, "verb": match[1], "name": name, "text": step, "at": at} if {
	some file in files
	some line in code.sights(file, `uses:[ ]*['"]?actions/(?:upload|download)-artifact@`)
	match := regex.find_all_string_submatch_n(`actions/(upload|download)-artifact`, file.rows[line], 1)[0]
	rows := statements.below(file, line)
	own := _step_indent(file.rows[line])
	end := min({count(rows)} | {i | some i, row in rows; i > 0; trim_space(row) != ""; file.indents[line + i] < own} | {i | some i, row in rows; i > 0; regex.match(`^[ ]*- `, row); file.indents[line + i] < own})
	step := array.slice(rows, 0, end)
	withs := [i | some i, row in step; regex.match(`^[ ]*with:`, row)]
	named := array.concat(
		[[i, _value(row)] | some i, row in step; i > array.concat(withs, [1000])[0]; regex.match(`^[ ]*name:`, row)],
		[[i, _inline(row)] | some i, row in step; regex.match(`^[ ]*with:[ ]*\{.*name:`, row)],
	)
	[at, name] := array.concat([[line + entry[0], entry[1]] | some entry in named], [[line, ""]])[0]
}

_step_indent(row) := count(regex.find_n(`^[ ]*(?:- )?`, row, 1)[0])

_inline(row) := trim(regex.find_all_string_submatch_n(`[{,][ ]*name:[ ]*([^,}]+)`, row, 1)[0][1], ` '"`)

_value(row) := trim(regex.replace(row, `^[ ]*name:[ ]*`, ""), ` '"`)
