# METADATA
# title: State Machine Enforcement
# description: Illegal transitions, state machines without a document, transitions that nobody checks or audits.
package forge.rules.r05

import rego.v1

import data.forge.code
import data.forge.diff
import data.forge.paths
import data.forge.statements

# --- Where a state changes ---

_state := `([A-Za-z]*[sS]tatus|[A-Za-z]*[sS]tate|stage|phase)`

_of_state := `([A-Z][A-Za-z0-9]*([sS]tatus|State|Stage|Phase)[.][A-Za-z_]+|'[A-Z][A-Z_]+'|"[A-Z][A-Z_]+"|'[a-z]+(_[a-z]+)*'|"[a-z]+(_[a-z]+)*"|(dto|input|body|command|query)[.][A-Za-z]+|(new|next|target|to)[A-Za-z]*|status|state)`

# An entity's field is set.
_assigned := concat("", [`\b(?:[a-z][A-Za-z0-9]*|this[.][a-z][A-Za-z0-9]*)[.]`, _state, `[ \t]*=[ \t]*`, _of_state, `[ \t]*;`])

_update := `[.](update|updateMany|upsert)[(]`

_data := concat("", [`(?s)\b(?:data|update)[ \t]*:[ \t]*\{[^}]*?\b`, _state, `\b(?:[ \t]*:[ \t]*`, _of_state, `)?[ \t\n]*[,}]`])

_moving := diff.having_seen("server", concat("|", [_assigned, _update]))

# {line, text} of the places where a change of state is written.
_changes(file) := {{"line": line, "text": file.rows[line]} |
	some line in code.hits(file, _assigned)
	not regex.match(`\b(this|res|response|reply|ctx|err|error|req|request|span|result|job|process|window|socket|e|ui|component)[.]((set)?[sS]tate|status)\b|\bthis[.]state\b`, file.rows[line])
} | {{"line": line, "text": call.text} |
	some line in code.sights(file, _update)
	call := code.block(file, line)
	call.closed
	regex.match(_data, call.text)
	code.touched(file, line, call.last)
}

_line(file, change) := code.touched(file, change.line, code.block(file, change.line).last)

_checked := `(?i)transition|state_?machine|\bmachine[.]|allowed[A-Za-z]*(next|from|to|status|state)|can(Be|Move|Change|Go|Cancel|Complete|Close|Approve|Ship|Start|Activate|Reject|Transition)[A-Za-z]*[(]|assert[A-Za-z]*(Status|State)|validate[A-Za-z]*(Status|State)|ensure[A-Za-z]*(Status|State)|isValid[A-Za-z]*(Status|State|Move)`

# What a text or the record of a transition says is no check of one: `action: 'order.transition'`, `recordTransition(`.
_without_records(text) := regex.replace(
	statements.bare(text),
	`(?i)[A-Za-z_.]*(?:record|log|audit|track|write|save|append|store|publish|emit|note)[A-Za-z]*Transition[A-Za-z]*|[A-Za-z_]*transition[A-Za-z]*[.](?:create|createMany|insert|save|add|push)[(]|transition_?(?:log|record|history|event|entry|audit)[A-Za-z]*|\btransition(?:ed)?(?:By|At|Reason|Note)?[ \t]*:`,
	" ",
)

_audited := `(?i)audit|history|timeline|status_?(change|log|event)|state_?(change|log|event)|transition_?(log|record|event)|record[A-Za-z]*(Transition|Change|Event)|activity|event_?(store|bus|emitter)|\b(emit|publish)[A-Za-z]*[(]|outbox`

# The rest of the scope compares the state that was with what may follow.
_compares := concat("", [`\bif[ \t]*[(][^{;]*\b`, _state, `\b[^{;]*([!=]==?|[.]includes[(])|[.]includes[(][^)]*\b`, _state, `\b|\bswitch[ \t]*[(][^)]*`, _state, `|\bif[ \t]*[(][^{;]*(includes|has)[(]`])

found contains finding if {
	some file in _moving
	some change in _changes(file)
	scope := code.scope(file, change.line)
	scope.closed
	not regex.match(_checked, _without_records(scope.text))
	not regex.match(_compares, scope.text)
	not regex.match(concat("", [`(?s)\bwhere[ \t]*:[ \t]*\{[^}]*\b`, _state, `\b`]), change.text)
	finding := diff.finding(
		"R05", file, _line(file, change),
		"The state changes without a look at the state it has: any transition is let through.",
		"Check the transition against the allowed ones first, and reject what is not among them with a domain error.",
	)
}

found contains finding if {
	some file in _moving
	some change in _changes(file)
	scope := code.scope(file, change.line)
	scope.closed
	not regex.match(_audited, scope.text)
	not regex.match(_audited, code.decorators(file, scope.first))
	finding := diff.finding(
		"R05", file, _line(file, change),
		"The state changes without an audit entry: nobody can tell later who moved it, and from where.",
		"Write the transition (from, to, who, when) in the same transaction as the new state.",
	)
}

found contains finding if {
	some [file, line] in diff.search("server", `(?i)\b(skip|bypass|ignore|disable)_?(state|status|transition)[A-Za-z_]*(check|validation|guard|machine)?[ \t]*[:=][ \t]*true|\bforce_?(status|state|transition)[A-Za-z]*([(]|[ \t]*[:=][ \t]*true)`)
	finding := diff.finding(
		"R05", file, line,
		"The check of the transition is switched off.",
		"Leave it on; if the transition is right, allow it in the state machine.",
	)
}

# --- Illegal transitions ---

_final := {
	"COMPLETED", "COMPLETE", "CANCELLED", "CANCELED", "REFUNDED", "DELETED", "EXPIRED", "TERMINATED", "VOID", "VOIDED",
	"CLOSED", "ARCHIVED", "DELIVERED", "REJECTED", "FINISHED", "DONE", "PAID",
}

_early := {
	"DRAFT", "NEW", "PENDING", "CREATED", "ACTIVE", "IN_PROGRESS", "PROCESSING", "SCHEDULED", "QUEUED", "STARTED", "TODO",
	"SUBMITTED", "ASSIGNED", "CONFIRMED", "RUNNING", "AWAITING_PAYMENT", "UNPAID",
}

# Some ends are not the end: what was rejected or closed may be taken up again.
_legal := {["REJECTED", "DRAFT"], ["REJECTED", "SUBMITTED"], ["REJECTED", "PENDING"], ["ARCHIVED", "ACTIVE"], ["CLOSED", "ACTIVE"]}

_illegal(from, to) if {
	upper(from) in _final
	upper(to) in _early
	not [upper(from), upper(to)] in _legal
}

# What a document of the change calls an end is one.
_illegal(from, to) if {
	upper(from) in _final_by_document
	not upper(to) in _final_by_document
	not upper(to) in _final
	from != to
}

_final_by_document := {upper(match[1]) |
	some file in diff.files
	paths.markdown(file.path)
	regex.match(`(?i)state|status|lifecycle|transition`, file.path)
	some match in regex.find_all_string_submatch_n("(?m)^[ \t|*-]*\\x60?([A-Z][A-Z_]{2,})\\x60?[ \t]*(?:-->[ \t]*\\[\\*\\]|(?:[|:]|is)[^\n]*(?:[^a-z](?:[Ff]inal|[Tt]erminal|end state)[^a-z]))", concat("", [file.text, "\n"]), -1)
	not regex.match(`(?i)not[ \t]+(?:an?[ \t]+)?(?:final|terminal)|non-?(?:final|terminal)`, match[0])
}

# A table of transitions: `COMPLETED: ['PENDING']`, `[Status.COMPLETED]: [Status.PENDING]`.
found contains finding if {
	some [file, line] in diff.search("production", `^[ \t]*(\[?(?:[A-Za-z]+[.])?[A-Za-z_]+\]?|['"][A-Za-z_]+['"])[ \t]*:[ \t]*(\[|new Set[(])`)
	_about_states(file, line)
	from := regex.find_all_string_submatch_n(`^[ \t]*[\['"]?(?:[A-Za-z]+[.])?([A-Za-z_]+)`, file.rows[line], 1)[0][1]
	row := code.block(file, line).text
	some match in regex.find_all_string_submatch_n(`(?:[A-Za-z]+[.]|['"])([A-Za-z_]+)`, regex.replace(row, `^[^:]*:`, ""), -1)
	_illegal(from, match[1])
	finding := _from_to(file, line, from, match[1])
}

# A pair: `{ from: 'COMPLETED', to: 'PENDING' }`, `transition(order, Status.COMPLETED, Status.PENDING)`.
found contains finding if {
	some [file, line] in diff.search("production", `\bfrom[ \t]*:|[tT]ransition[A-Za-z]*[(]`)
	some match in regex.find_all_string_submatch_n(`(?:\bfrom[ \t]*:[ \t]*\[?|[(,][ \t]*)(?:[A-Za-z]+[.]|['"])([A-Za-z_]+)['"]?\]?[ \t]*,[ \t]*(?:to[ \t]*:[ \t]*)?\[?(?:[A-Za-z]+[.]|['"])([A-Za-z_]+)`, file.rows[line], -1)
	_illegal(match[1], match[2])
	finding := _from_to(file, line, match[1], match[2])
}

# `if (order.status === 'COMPLETED') { order.status = 'PENDING'; }`
found contains finding if {
	some file in _moving
	some change in _changes(file)
	some to in regex.find_all_string_submatch_n(concat("", [`\b`, _state, `[ \t]*[:=][ \t]*(?:[A-Za-z]+[.]|['"])([A-Za-z_]+)`]), regex.replace(change.text, `(?s)\bwhere[ \t]*:[ \t]*\{[^}]*\}`, ""), 1)
	from := _state_before(file, change)
	_illegal(from, to[2])
	finding := _from_to(file, _line(file, change), from, to[2])
}

_state_before(file, change) := match[2] if {
	some match in regex.find_all_string_submatch_n(concat("", [`(?s)\bwhere[ \t]*:[ \t]*\{[^}]*\b`, _state, `[ \t]*:[ \t]*(?:[A-Za-z]+[.]|['"])([A-Za-z_]+)`]), change.text, 1)
} else := match[2] if {
	guard := max({number |
		some number in numbers.range(max([1, change.line - 8]), change.line)
		regex.match(concat("", [`\bif[ \t]*[(].*\b`, _state, `[ \t]*===?`]), object.get(file.rows, number, ""))
		code.body(file, number).last >= change.line
	})
	some match in regex.find_all_string_submatch_n(concat("", [`\b`, _state, `[ \t]*===?[ \t]*(?:[A-Za-z]+[.]|['"])([A-Za-z_]+)`]), file.rows[guard], 1)
}

_about_states(file, line) if {
	above := code.text(file, max([1, line - 25]), line)
	regex.match(`(?i)transition|state|status|next`, concat("\n", [file.path, above]))
}

_from_to(file, line, from, to) := diff.finding(
	"R05", file, line,
	sprintf("`%s` is an end, and this leads back from it to `%s`.", [from, to]),
	"Let a new record begin where the old one ended, or document the transition with its reason.",
)

# --- Documents ---

_documented if {
	some path in diff.changed_paths
	regex.match(`(?i)state-?_?machines?|(^|/)docs?/.*(states?|status|lifecycle|workflow|transition)[^/]*[.]mdx?$`, path)
}

_documented if {
	some file in diff.files
	paths.markdown(file.path)
	regex.match(`(?i)stateDiagram|state machine|\btransitions?\b`, file.added)
}

# States of a request or of a screen are nobody's life cycle.
_of_a_screen := `(?i)(load|fetch|request|query|health|http|connection|upload|ui|view|async|form|network|sync|button|modal|toast|socket|cache|circuit|response|exit)[a-z]*(Status|State)\b`

found contains finding if {
	not _documented
	some [file, line] in diff.search("code", `^[ \t]*(export[ \t]+)?(declare[ \t]+)?(const[ \t]+)?(enum|type)[ \t]+[A-Za-z0-9_]*(Status|State|Stage|Phase)\b`)
	not paths.test(file.path)
	not paths.client(file.path)
	_declares_states(file, line)
	finding := _undocumented(file, line)
}

_declares_states(file, line) if {
	regex.match(`^[ \t]*(export[ \t]+)?(declare[ \t]+)?(const[ \t]+)?enum[ \t]+[A-Za-z0-9_]*(Status|State|Stage|Phase)[ \t]*\{`, file.rows[line])
	not regex.match(_of_a_screen, file.rows[line])
	count(regex.find_n(`(?m)^[ \t]+[A-Za-z_]+[ \t]*(=|,|$)`, code.block(file, line).text, -1)) >= 3
}

_declares_states(file, line) if {
	regex.match(`^[ \t]*(export[ \t]+)?type[ \t]+[A-Za-z0-9_]*(Status|State|Stage|Phase)[ \t]*=`, file.rows[line])
	not regex.match(_of_a_screen, file.rows[line])
	count(regex.find_n(`['"][A-Za-z_-]+['"]`, code.block(file, line).text, -1)) >= 3
}

found contains finding if {
	not _documented
	some [file, line] in diff.search("prisma", `^enum[ \t]+[A-Za-z0-9_]*(Status|State|Stage|Phase)[ \t]*\{`)
	count(regex.find_n(`(?m)^[ \t]+[A-Z][A-Z0-9_]*`, code.block(file, line).text, -1)) >= 3
	finding := _undocumented(file, line)
}

# A state more, in a machine that was there.
found contains finding if {
	not _documented
	some file in array.concat(diff.prisma, diff.server)
	some head in code.sights(file, `^[ \t]*(export[ \t]+)?enum[ \t]+[A-Za-z0-9_]*(Status|State|Stage|Phase)[ \t]*\{`)
	not head in file.new
	not regex.match(_of_a_screen, file.rows[head])
	last := code.block(file, head).last
	line := min({number |
		some number in code.hits(file, `^[ \t]+[A-Z][A-Z0-9_]*[ \t]*(=.*|,.*|@.*)?$`)
		number > head
		number < last
	})
	finding := _undocumented(file, line)
}

_undocumented(file, line) := diff.finding(
	"R05", file, line,
	"New states come without a state machine document: nobody can tell which transitions are meant.",
	"Document states and transitions under docs/state-machines/, in this pull request.",
)
