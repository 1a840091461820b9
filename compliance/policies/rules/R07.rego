# METADATA
# title: Error Handling
# description: Empty catch blocks, swallowed promises, promises that nobody awaits, errors that nobody logs.
package forge.rules.r07

import rego.v1

import data.forge.code
import data.forge.diff
import data.forge.paths

# --- Catch blocks ---

_catch := `\bcatch[ \t]*([(][^)]*[)])?[ \t]*[{]`

_catching := diff.having_seen("production", _catch)

# Every catch block that the change touches: {line, first, text, reason}.
_blocks(file) := {{"line": line, "first": number, "text": inside, "reason": _comment(file, number, body.last)} |
	some number in code.sights(file, _catch)
	body := code.body(file, number)
	body.closed
	line := code.touched(file, number, body.last)
	inside := _inside(body.text)
}

# What stands between the braces; a handler in one line has them on its own line.
_inside(text) := trim(regex.replace(regex.replace(text, concat("", [`^[^\n]*?`, _catch]), ""), `[}][^}]*$`, ""), " \t\n")

_comment(file, first, last) := concat(" ", [words |
	some match in regex.find_all_string_submatch_n(`(?m)^([0-9]+)\t.*?(?://|/[*])(.*)$`, file.raw, -1)
	to_number(match[1]) >= first
	to_number(match[1]) <= last
	words := match[2]
])

# A comment of a few words says why; "ignore" alone does not.
_explains(comment) if {
	count(regex.find_n(`[A-Za-z']+`, comment, -1)) >= 4
	not regex.match(`(?i)\b(todo|fixme|handle (this|it|the error|later)|swallow)`, comment)
}

found contains finding if {
	some file in _catching
	some block in _blocks(file)
	block.text == ""
	not _explains(block.reason)
	finding := diff.finding(
		"R07", file, block.line,
		"The catch block is empty: whatever fails in the try above disappears without a trace.",
		"Log the error with its context and rethrow it, or recover. If ignoring it is right, say why in a comment.",
	)
}

found contains finding if {
	some file in _catching
	some block in _blocks(file)
	block.text != ""
	not _explains(block.reason)
	not _handled(file, block)
	not _recovers_from_parsing(file, block)
	finding := diff.finding(
		"R07", file, block.line,
		"The catch block neither logs the error nor passes it on: nobody will learn that this failed.",
		"Call logger.error() with the error and its context, then rethrow it as a typed exception or return a fallback.",
	)
}

_logs := `(?i)\b(logger|log|logging|console|sentry|winston|pino|audit|telemetry|datadog|newrelic|appinsights|bugsnag|rollbar|span)[A-Za-z0-9_]*[ \t]*[.(]|(capture|record|report|track|handle|log|notify|show|set|on)[A-Za-z0-9_]*(error|exception|failure|toast)[A-Za-z0-9_]*[ \t]*[?.(]|\btoast\b|\bAlert[.]alert|\bsnackbar|\breject[(]|\bnext[(]|\bprocess[.]exit`

_handled(_, block) if regex.match(_logs, block.text)

_handled(_, block) if _rethrows(block.text)

# Handed to a function that may do what is right.
_handled(file, block) if {
	name := regex.find_all_string_submatch_n(`catch[ \t]*[(][ \t]*([A-Za-z_$][A-Za-z0-9_$]*)`, file.rows[block.first], 1)[0][1]
	regex.match(concat("", [`[A-Za-z0-9_$][(]([^(){}]*,)?[ \t]*`, name, `[ \t]*[,)]`]), block.text)
	not regex.match(concat("", [`\b(String|Boolean|getMessage)[(][ \t]*`, name]), block.text)
}

# `throw new Error("failed")` loses the cause unless the error goes along or is logged; a typed exception answers.
_rethrows(text) if {
	regex.match(`\bthrow\b`, text)
	not regex.match(`\bthrow[ \t]+new[ \t]+(Error|InternalServerErrorException)[ \t]*[(][^;]*[)]`, text)
}

_rethrows(text) if regex.match(`(?s)\bthrow[ \t]+new\b.*\b(e|er|err|error|ex|exc|exception|cause|reason|[A-Za-z]+(Error|Err))\b`, text)

# Whether a text can be read is a question, and the catch block is its answer.
_recovers_from_parsing(file, block) if {
	regex.match(`^(return|[A-Za-z_$.]+[ \t]*=)[^;{]*;?$`, block.text)
	body := code.text(file, max([1, block.first - 6]), block.first)
	regex.match(`JSON[.]parse[(]|new URL[(]|new RegExp[(]|decodeURI|new Intl|BigInt[(]|localStorage|sessionStorage|[.]access[(]|[.]stat[(]`, body)
}

_recovers_from_parsing(_, block) if regex.match(`^return (false|true);?$`, block.text)

# --- Promises ---

_nothing := `([(][^()]*[)]|[A-Za-z_$]+)[ \t]*=>[ \t]*([{][ \t]*[}]|undefined|null|void 0|[(][{][ \t]*[}][)])`

found contains finding if {
	some [file, line] in diff.search("production", concat("", [`[.]catch[(][ \t]*(async[ \t]*)?(`, _nothing, `|noop|[A-Za-z_]+[.]noop|[(][)][ \t]*)[ \t]*[)]`]))
	not _explains(_comment(file, line - 1, line))
	finding := diff.finding(
		"R07", file, line,
		"The rejection of this promise is swallowed: its catch handler does nothing.",
		"Log the error in the handler, or await the promise and let the error reach the caller.",
	)
}

# A handler over several lines.
found contains finding if {
	some [file, number] in diff.search_seen("production", `[.]catch[(][ \t]*(async[ \t]*)?([(][^()]*[)]|[A-Za-z_$]+)[ \t]*=>[ \t]*[{][ \t]*$`)
	body := code.body(file, number)
	body.closed
	line := code.touched(file, number, body.last)
	inside := trim(regex.replace(regex.replace(body.text, `^[^\n]*`, ""), `[^\n]*$`, ""), " \t\n")
	not _explains(_comment(file, number, body.last))
	not regex.match(_logs, inside)
	not regex.match(`\bthrow\b`, inside)
	not _hands_on(file.rows[number], inside)
	finding := diff.finding(
		"R07", file, line,
		"The rejection of this promise is swallowed: its catch handler neither logs nor rethrows the error.",
		"Call logger.error() with the error and its context, and rethrow it unless the caller can go on without.",
	)
}

_hands_on(head, inside) if {
	name := regex.find_all_string_submatch_n(`[.]catch[(][ \t]*(?:async[ \t]*)?[(]?[ \t]*([A-Za-z_$][A-Za-z0-9_$]*)`, head, 1)[0][1]
	regex.match(concat("", [`[(]([^(){}]*,)?[ \t]*`, name, `[ \t]*[,)]`]), inside)
}

found contains finding if {
	some [file, line] in diff.search("production", `\bcatchError[(][ \t]*[(][^()]*[)][ \t]*=>[ \t]*(EMPTY|NEVER|of[(][ \t]*(null|undefined|\[\]|[{][}])?[ \t]*[)])`)
	finding := diff.finding(
		"R07", file, line,
		"catchError() replaces the error by nothing: the stream ends as if all were well.",
		"Log the error in the handler before you return the fallback, or rethrow it with throwError().",
	)
}

found contains finding if {
	some [file, line] in diff.search("production", `^[ \t]*await[ \t]+Promise[.]allSettled[(]`)
	finding := diff.finding(
		"R07", file, line,
		"The outcome of Promise.allSettled() is thrown away, and every rejection with it.",
		"Look at the results and log those that are rejected, or use Promise.all().",
	)
}

# A chain as a statement of its own that ends without a catch.
found contains finding if {
	some [file, line] in diff.search("production", `^[ \t]*([A-Za-z_$][A-Za-z0-9_$.]*[A-Za-z0-9_$.(){}'", \[\]]*)?[.]then[(]`)
	first := _chain_begins(file, line)
	not regex.match(`^[ \t]*(return|await|yield|const|let|var|export)\b|=`, regex.replace(file.rows[first], `[.]then[(].*`, ""))
	_stands_alone(file, first)
	statement := code.text(file, first, code.block(file, line).last + 4)
	chain := regex.find_n(`(?s)^.*?;[ \t]*(\n|$)`, statement, 1)[0]
	not regex.match(`[.]catch[(]|,[ \t\n]*([(][^()]*(err|error|e|reason)\b[^()]*[)]|(err|error|e|reason))[ \t]*=>`, chain)
	not contains(code.text(file, line, code.block(file, line).last + 6), ".catch(")
	finding := diff.finding(
		"R07", file, line,
		"This promise chain ends without a catch: a rejection goes unhandled.",
		"Await the promise inside a try block, or end the chain with a catch that logs the error.",
	)
}

_chain_begins(file, line) := line if not regex.match(`^[ \t]*[.]`, file.rows[line])

_chain_begins(file, line) := max({number |
	some number in numbers.range(max([1, line - 12]), line - 1)
	file.indents[number] < file.indents[line]
}) if {
	regex.match(`^[ \t]*[.]`, file.rows[line])
}

# --- Missing await ---

_asynchronous := concat("", [
	`^[ \t]*(`,
	`(this[.])?(prisma|prismaService|db|tx|client|prismaClient)[.]([a-z][A-Za-z0-9_]*[.](create|createMany|update|updateMany|upsert|delete|deleteMany|findUnique|findFirst|findMany|findUniqueOrThrow|findFirstOrThrow|count|aggregate)|[$](transaction|executeRaw|executeRawUnsafe|queryRaw|queryRawUnsafe|connect|disconnect))`, `|`,
	`(this[.])?[A-Za-z_$]*([Rr]epository|[Rr]epo)[.](save|insert|update|upsert|delete|remove|create|find|findOne|softDelete|persist)[A-Za-z0-9_]*`, `|`,
	`this[.][A-Za-z_$]*([Ss]ervice|[Cc]lient|[Mm]ailer|[Gg]ateway|[Ff]acade)[.](create|update|delete|remove|save|send|find|fetch|load|process|charge|refund|notify|publish|sync|import|export|upload|archive|cancel|assign|register|invite|reset|revoke|persist|store|dispatch|record|generate|schedule|apply|issue|capture|transfer|enqueue)[A-Za-z0-9_]*`, `|`,
	`this[.][A-Za-z_$]*[Qq]ueue[.](add|addBulk|close|pause)`, `|`,
	`(this[.])?(httpService[.]axiosRef|axios)([.](get|post|put|patch|delete|request))?`, `|`,
	`fetch`, `|`,
	`(fs[.]promises|fsp|fsPromises)[.][A-Za-z]+`,
	`)[ \t]*(<[^()]*>)?[(\x60]`,
])

found contains finding if {
	some [file, line] in diff.search("production", _asynchronous)
	_stands_alone(file, line)
	_floats(file, line)
	finding := _unawaited(file, line)
}

# A method of the same file that is declared async, called like one that is not.
found contains finding if {
	some file in diff.having_seen("server", `\basync[ \t]`)
	names := {name[1] | some name in regex.find_all_string_submatch_n(`(?m)\basync[ \t]+(?:function[ \t]+)?([A-Za-z_$][A-Za-z0-9_$]*)[ \t]*[(<]`, file.text, -1)}
	count(names) > 0
	some line in code.hits(file, concat("", [`^[ \t]+(this[.])?(`, concat("|", names), `)[(]`]))
	not regex.match(`[{(,][ \t]*$|[)][ \t]*:`, file.rows[line])
	_stands_alone(file, line)
	_floats(file, line)
	finding := _unawaited(file, line)
}

_unawaited(file, line) := diff.finding(
	"R07", file, line,
	"Nobody awaits this call: it may fail after the function has returned, and its error is lost.",
	"Put await before the call, or return its promise; for work in the background add a catch that logs the error.",
)

# The line begins a statement, it does not continue one.
_stands_alone(file, line) if {
	above := [row |
		some number in numbers.range(max([1, line - 1]), max([1, line - 5]))
		number < line
		row := trim(file.rows[number], " \t")
		row != ""
	]
	regex.match(`(^|[;{}]|[)])$`, array.concat(above, [""])[0])
	not regex.match(`^(await|return|const|let)\b[^;{]*$|=[ \t]*[{]$|\b(if|while)\b.*[^{;}]$`, array.concat(above, [""])[0])
}

# It ends as a statement, and nobody takes the promise.
_floats(file, line) if {
	block := code.block(file, line)
	block.closed
	regex.match(`[)\x60];[ \t]*$`, block.text)
	not regex.match(`[)][ \t\n]*[.](then|catch|finally|subscribe|pipe|toPromise|mockRe)`, block.text)
}

# forEach() does not wait for an async function.
found contains finding if {
	some [file, line] in diff.search("production", `[.]forEach[(][ \t]*async\b`)
	finding := diff.finding(
		"R07", file, line,
		"forEach() does not await its async callback: the code goes on at once, and a rejection is lost.",
		"Write for (const item of items) with await, or await Promise.all(items.map(...)).",
	)
}

# A promise that is used as if it were its value.
found contains finding if {
	some [file, line] in diff.search("server", `^[ \t]*(const|let)[ \t]+[A-Za-z_$][A-Za-z0-9_$]*([ \t]*:[^=]*)?[ \t]*=[ \t]*(this[.])?(prisma|prismaService|db|tx)[.][a-z][A-Za-z0-9_]*[.](create|update|upsert|delete|find[A-Za-z]*|count|aggregate|groupBy)[(]`)
	name := regex.find_all_string_submatch_n(`(?:const|let)[ \t]+([A-Za-z_$][A-Za-z0-9_$]*)`, file.rows[line], 1)[0][1]
	block := code.block(file, line)
	block.closed
	rest := code.text(file, block.last + 1, block.last + 40)
	not regex.match(concat("", [`\bawait[ \t]+`, name, `\b|(?s:Promise[.][A-Za-z]+[(][^;]*\b`, name, `\b)|[$]transaction[(][^;]*\b`, name, `\b|\b`, name, `[.](then|catch|finally)\b`]), rest)
	regex.match(concat("", [`\b`, name, `([.?][.A-Za-z\[]|[ \t]*(===?|!==?|[<>]))|![ \t]*`, name, `\b|\bif[ \t]*[(]`, name, `\b`]), rest)
	finding := diff.finding(
		"R07", file, line,
		sprintf("`%s` is a promise, not its value: the query lacks an await.", [name]),
		"Put await before the query.",
	)
}
