# METADATA
# title: CI/CD Workflow Triggers
# description: |
#   Workflows: their triggers, the names that they call each other by, what they hand over, and their conditions.
#   `data.workflows` may list the names of all workflows of the repository; otherwise those of the change are known.
#   What a workflow lacks is said only where the diff shows all of it.
package forge.rules.r25

import rego.v1

import data.forge.code
import data.forge.diff
import data.forge.workflows

# --- Triggers ---

found contains finding if {
	some file in workflows.whole
	count(code.hits(file, workflows.on_key)) == 0
	regex.match(`(?m)^[0-9]+\tjobs:`, file.added)
	finding := diff.finding(
		"R25", file, min(file.new),
		"Missing trigger type: the workflow has no on section and never runs.",
		"Say in on which events start it, with their types.",
	)
}

_stated(trigger) if not "none stated" in trigger.types

# The line that the finding stands on: the types, or the event.
_place(trigger) := min(lines) if {
	lines := {number |
		some number in numbers.range(trigger.line, trigger.line + count(split(trigger.text, "\n")))
		number in trigger.file.new
		regex.match(`types:|^[ ]+- [a-z_]+[ ]*$|^[ ]+[a-z_]+:`, trigger.file.rows[number])
	}
	types := {number | some number in lines; contains(trigger.file.rows[number], "types:")}
	count(lines) > 0
	count(types) == 0
}

_place(trigger) := min(types) if {
	types := {number |
		some number in numbers.range(trigger.line, trigger.line + count(split(trigger.text, "\n")))
		number in trigger.file.new
		contains(trigger.file.rows[number], "types:")
	}
	count(types) > 0
}

# A check of pull requests that new commits do not start.
found contains finding if {
	some trigger in workflows.triggers
	trigger.event in {"pull_request", "pull_request_target"}
	_stated(trigger)
	count(trigger.types & {"opened", "reopened"}) > 0
	missing := {"opened", "synchronize"} - trigger.types
	count(missing) > 0
	finding := diff.finding(
		"R25", trigger.file, _place(trigger),
		sprintf("Missing trigger type: %s lists its types without %s.", [trigger.event, concat(", ", sort([type | some type in missing]))]),
		"Write types: [opened, synchronize, reopened].",
	)
}

_type_names := {"pull_request", "pull_request_target"}

found contains finding if {
	some trigger in workflows.triggers
	trigger.event in _type_names
	some type in trigger.types & {"synchronized", "synchronise", "synchronised", "open", "updated", "update", "merged", "push", "reopen", "close", "created"}
	finding := diff.finding(
		"R25", trigger.file, _place(trigger),
		sprintf("Missing trigger type: %s is no type of %s, the workflow never runs for it.", [type, trigger.event]),
		"Types are opened, synchronize, reopened, closed, labeled, ready_for_review and the like; a merge is closed with merged true.",
	)
}

# Events that without types start at every activity.
found contains finding if {
	some trigger in workflows.triggers
	trigger.event in {"workflow_run", "release", "issues", "issue_comment", "pull_request_review", "discussion", "check_run", "check_suite"}
	not _stated(trigger)
	_complete(trigger)
	finding := diff.finding(
		"R25", trigger.file, _place(trigger),
		sprintf("Missing trigger type: %s without types starts at every activity.", [trigger.event]),
		"Name the types that are meant: completed for workflow_run, published for release.",
	)
}

# The catalogue wants types declared, though GitHub has three by default: what starts a check is to be read in its file.
found contains finding if {
	some trigger in workflows.triggers
	trigger.event in {"pull_request", "pull_request_target"}
	trigger.line in trigger.file.new
	not _stated(trigger)
	_complete(trigger)
	not _waits_in_vain(trigger)
	finding := _undeclared(trigger.file, trigger.line, trigger.event)
}

# `on: pull_request`, `on: [push, pull_request]`, `- pull_request`
found contains finding if {
	some file in workflows.files
	some line in code.hits(file, `^['"]?on['"]?:[ ]*(?:pull_request(?:_target)?[ ]*$|\[.*\bpull_request(?:_target)?\b.*\])`)
	finding := _undeclared(file, line, regex.find_n(`pull_request(?:_target)?`, file.rows[line], 1)[0])
}

found contains finding if {
	some file in workflows.files
	some line in code.hits(file, `^[ ]*-[ ]+pull_request(?:_target)?[ ]*$`)
	head := max({number | some number in numbers.range(max([1, line - 8]), line); not regex.match(`^[ ]*-`, object.get(file.rows, number, "-"))})
	regex.match(workflows.on_key, file.rows[head])
	finding := _undeclared(file, line, regex.find_n(`pull_request(?:_target)?`, file.rows[line], 1)[0])
}

_undeclared(file, line, event) := diff.finding(
	"R25", file, line,
	sprintf("Missing trigger type: %s does not declare its types.", [event]),
	"Write types: [opened, synchronize, reopened], and what else the workflow is meant for.",
)

_waits_in_vain(trigger) if {
	some action in _asked_for(trigger.file)
	not action in {"opened", "synchronize", "reopened"}
}

# The diff shows what follows the trigger's block.
_complete(trigger) if trigger.file.whole

_complete(trigger) if trigger.file.rows[trigger.line + count(split(trigger.text, "\n"))]

# An action that is asked for, but never starts the workflow.
found contains finding if {
	some trigger in workflows.triggers
	trigger.event in {"pull_request", "pull_request_target"}
	[types, action] := [_effective(trigger), _asked_for(trigger.file)[_]]
	not action in types
	finding := diff.finding(
		"R25", trigger.file, _place(trigger),
		sprintf("Missing trigger type: a condition waits for %s, which %s does not start.", [action, trigger.event]),
		sprintf("Add %s to the types.", [action]),
	)
}

_effective(trigger) := trigger.types if _stated(trigger)

_effective(trigger) := {"opened", "synchronize", "reopened"} if not _stated(trigger)

_asked_for(file) := {match[1] |
	some match in regex.find_all_string_submatch_n(`github[.]event[.]action[ ]*==[ ]*'([a-z_]+)'`, file.text, -1)
} | {"closed" | regex.match(`github[.]event[.]pull_request[.]merged[ ]*(?:==[ ]*true|\}|$|&&|\n)`, file.text)}

# An event whose facts are used, and that is no trigger.
found contains finding if {
	some file in workflows.whole
	count(code.hits(file, workflows.on_key)) > 0
	some line in code.hits(file, `github[.]event[.]pull_request[.]|github[.]event_name[ ]*==[ ]*'(?:pull_request|schedule|workflow_dispatch|release|merge_group)'`)
	event := _event_used(file.rows[line])
	not regex.match(concat("", [`(?:^|[^a-z_.'])`, event, `(?:_target|_review|_review_comment)?(?:[^a-z_.']|$)`]), _on_text(file))
	not regex.match(`workflow_call|workflow_run|issue_comment`, _on_text(file))
	finding := diff.finding(
		"R25", file, line,
		sprintf("Missing trigger type: the workflow asks about %s and is not started by it.", [event]),
		sprintf("Add %s to the on section, or drop the condition.", [event]),
	)
}

_event_used(row) := "pull_request" if contains(row, "github.event.pull_request.")

_event_used(row) := match if {
	not contains(row, "github.event.pull_request.")
	match := regex.find_all_string_submatch_n(`event_name[ ]*==[ ]*'([a-z_]+)'`, row, 1)[0][1]
}

_on_text(file) := workflows.under(file, min(code.hits(file, workflows.on_key)))

# --- Names of workflows ---

_names := {name | some name in data.workflows} | {name | some file in workflows.files; name := workflows.name_of(file)}

found contains finding if {
	some file in workflows.whole
	not regex.match(`(?m)^name:[ ]*[^ ]`, file.text)
	regex.match(`(?m)^jobs:`, file.text)
	finding := diff.finding(
		"R25", file, min(file.new),
		"Wrong workflow name: the workflow has none, others cannot wait for it by name.",
		"Give it a name, the same that workflow_run and required checks use.",
	)
}

found contains finding if {
	some caller in workflows.callers
	regex.match(`[.]ya?ml$`, caller.name)
	finding := diff.finding(
		"R25", caller.file, caller.line,
		sprintf("Wrong workflow name: %s is a file, workflow_run waits for names.", [caller.name]),
		"Write the other workflow's name exactly as it stands in its file.",
	)
}

found contains finding if {
	some caller in workflows.callers
	not regex.match(`[.]ya?ml$`, caller.name)
	not caller.name in _names
	meant := _meant(caller)
	finding := diff.finding(
		"R25", caller.file, caller.line,
		sprintf("Wrong workflow name: there is no %s, but %s.", [caller.name, meant]),
		"Write the other workflow's name exactly as it stands in its file.",
	)
}

# With the list of the repository every unknown name is wrong; without it, one that resembles a known one.
_meant(caller) := min(likes) if {
	likes := {name | some name in _names; name != _name_of_or_none(caller.file); _alike(name, caller.name)}
	count(likes) > 0
}

_meant(caller) := "none of that name" if {
	count(data.workflows) > 0
	count({name | some name in _names; _alike(name, caller.name)}) == 0
}

_name_of_or_none(file) := workflows.name_of(file)

_name_of_or_none(file) := "" if not workflows.name_of(file)

_plain(name) := lower(regex.replace(name, `[^0-9A-Za-z]`, ""))

_alike(name, other) if contains(_plain(name), _plain(other))

_alike(name, other) if contains(_plain(other), _plain(name))

_alike(name, other) if {
	count({lower(word) | some word in regex.find_n(`[A-Za-z]{3,}`, name, -1)} & {lower(word) | some word in regex.find_n(`[A-Za-z]{3,}`, other, -1)}) > 0
}

# --- Artifacts ---

_uploads(file) := {artifact.name | some artifact in workflows.artifacts; artifact.verb == "upload"; artifact.file.path == file.path}

_all_uploads := {artifact.name | some artifact in workflows.artifacts; artifact.verb == "upload"}

_touched(artifact) if artifact.at in artifact.file.new

_touched(artifact) if artifact.line in artifact.file.new

found contains finding if {
	some artifact in workflows.artifacts
	artifact.verb == "download"
	artifact.name != ""
	_touched(artifact)
	not artifact.name in _all_uploads
	not _dynamic(artifact.name)
	candidates := {name | some name in _all_uploads; name != ""; not _dynamic(name)}
	count(candidates) > 0
	_can_tell(artifact, candidates)
	finding := diff.finding(
		"R25", artifact.file, artifact.at,
		sprintf("Inconsistent artifact names: %s is downloaded, %s uploaded.", [artifact.name, concat(", ", sort([name | some name in candidates]))]),
		"Upload and download the artifact under the same name.",
	)
}

_dynamic(name) if contains(name, "${{")

# Within one whole workflow the uploads are all there are; elsewhere only what resembles one is told.
_can_tell(artifact, _) if {
	artifact.file.whole
	count(_uploads(artifact.file)) > 0
	not regex.match(`run-id:|github-token:|workflow_run`, artifact.file.text)
}

_can_tell(artifact, candidates) if {
	some name in candidates
	_alike(name, artifact.name)
}

# The change renames the upload; the download in sight still has the old name.
found contains finding if {
	some artifact in workflows.artifacts
	artifact.verb == "upload"
	_touched(artifact)
	some other in workflows.artifacts
	other.verb == "download"
	not _touched(other)
	other.name != ""
	artifact.name != ""
	not other.name in _all_uploads
	not _dynamic(artifact.name)
	_alike(artifact.name, other.name)
	finding := diff.finding(
		"R25", artifact.file, artifact.at,
		sprintf("Inconsistent artifact names: %s is uploaded, %s downloaded.", [artifact.name, other.name]),
		"Upload and download the artifact under the same name.",
	)
}

# --- Conditions ---

# A run that follows another one, whatever became of it.
found contains finding if {
	some trigger in workflows.triggers
	trigger.event == "workflow_run"
	trigger.line in trigger.file.new
	trigger.file.whole
	not regex.match(`workflow_run[.]conclusion|workflow_run[.]event|needs[.][a-z_-]+[.]outputs`, trigger.file.text)
	finding := diff.finding(
		"R25", trigger.file, _jobs_line(trigger),
		"Missing condition: the workflow follows another one, even if that one failed.",
		"Add if: ${{ github.event.workflow_run.conclusion == 'success' }} to the job.",
	)
}

_jobs_line(trigger) := min(code.hits(trigger.file, `^jobs:`) | {trigger.line | count(code.hits(trigger.file, `^jobs:`)) == 0})

# A job or step that deploys, in a workflow that pull requests start.
_deploys := `^[ ]+(?:- (?:name|run):[ ]*.*)?(?i:deploy|publish|release)[a-z0-9_-]*:[ ]*$|^[ ]*(?:- )?run:[ ]*(?:npm publish|pnpm publish|yarn publish|kubectl apply|helm upgrade|terraform apply|serverless deploy|vercel .*--prod|firebase deploy|aws .*(?:deploy|sync)|docker push|.*(?:run |:)deploy)`

found contains finding if {
	some file in workflows.whole
	regex.match(`(?:^|[^a-z_])pull_request(?:_target)?(?:[^a-z_]|$)`, _on_text(file))
	some line in code.hits(file, _deploys)
	not _conditional(file, line)
	finding := diff.finding(
		"R25", file, line,
		"Missing condition: pull requests start this workflow, and it deploys.",
		"Add if: github.event_name == 'push' && github.ref == 'refs/heads/main' to the job.",
	)
}

# The job or the step around the line has an `if`, or the job waits for an environment.
_conditional(file, line) if regex.match(`(?m)^[ ]+(?:- )?if:`, workflows.under(file, line))

_conditional(file, line) if {
	jobs := [number | some number in numbers.range(1, line); file.indents[number] == 2; regex.match(`^[ ]+[0-9A-Za-z_-]+:[ ]*$`, file.rows[number])]
	job := jobs[count(jobs) - 1]
	regex.match(`(?m)^    (?:if|environment):`, workflows.under(file, job))
}

_conditional(file, line) if {
	steps := [number | some number in numbers.range(max([1, line - 15]), line); regex.match(`^[ ]*- `, file.rows[number])]
	step := steps[count(steps) - 1]
	regex.match(`(?m)^[ ]+(?:- )?if:`, workflows.under(file, step))
}

# A step that speaks of a failure runs only if nothing failed, unless it says otherwise.
found contains finding if {
	some file in workflows.files
	some line in code.hits(file, `^[ ]+- name:[ ]*['"]?.*(?i:on (?:failure|error)|if (?:it |the build |tests? )?fail|(?:report|notify|alert|handle|announce)[a-z ]*(?:failure|failed|error))`)
	step := workflows.under(file, line)
	not regex.match(`(?m)^[ ]+if:`, step)
	regex.match(`(?m)^[ ]+(?:uses|run):`, step)
	not _job_has_condition(file, line)
	finding := diff.finding(
		"R25", file, line,
		"Missing condition: the step is for failures, and a failure skips it.",
		"Add if: failure() to the step.",
	)
}

_job_has_condition(file, line) if {
	jobs := [number | some number in numbers.range(1, line); file.indents[number] == 2; regex.match(`^[ ]+[0-9A-Za-z_-]+:[ ]*$`, file.rows[number])]
	regex.match(`(?m)^    if:`, workflows.under(file, jobs[count(jobs) - 1]))
}
