# METADATA
# title: R09, Trace Propagation
package forge.rules.r09

import rego.v1

import data.forge.code
import data.forge.diff
import data.forge.paths
import data.forge.statements

_carries := `(?i)trac(?:e|ing)|correlation|request_?id|x-request-id|propagat|baggage`

# A context that is handed on as a whole, or asked for its fields: `ctx.tenantId` is one word of it.
_passes_something := `[.][.][.]|(?:ctx|[cC]ontext|[mM]etadata|Meta|Headers)(?:\([^()]*\))?[ \n\t]*[,)}\]]|(?:ctx|[cC]ontext|[mM]etadata)[.][a-zA-Z]+\(|(?:ctx|[cC]ontext|[mM]etadata)[ ]*:`

# Components are left out: what they call is a hook or a client of the shared library.
_callers contains file if {
	some file in diff.production
	not regex.match(`[.][jt]sx$`, file.path)
	not paths.migration(file.path)
}

_http := `(?:^|[^0-9A-Za-z_$.]|window[.]|globalThis[.])(?:(?:axios|got|ky|superagent|needle|undici|https?|(?:this[.])?(?:[hH]ttp|[a-z]*[hH]ttpService|axios|axiosClient)(?:[.]axiosRef)?)[.](?:get|post|put|patch|delete|head|request|fetch)|axios|fetch|got)(?:<[^()\n]*>)?\(`

found contains finding if {
	some file in _callers
	regex.match(`axios|fetch|http|got|ky|superagent|needle|undici`, file.added)
	not _traced_by_interceptor(file)
	some [line, said] in _calls_out(file)
	not _sends_the_trace(file, said)
	not regex.match(`^\([ \n\t]*\)$`, said)
	finding := diff.finding(
		"R09", file, line,
		"HTTP call without trace headers: the trace ends here",
		"Send traceparent (or x-trace-id) from the request context, or use the shared HTTP client, which adds it.",
	)
}

_calls_out(file) := {[line, said] |
	some line in statements.hits(file, _http)
	said := statements.arguments(file, line, _http)
} | {[line, said] |
	some name in _of_undici(file)
	pattern := concat("", [`(?:^|[^0-9A-Za-z_$.])`, name, `(?:<[^()\n]*>)?\(`])
	some line in statements.hits(file, pattern)
	not regex.match(`(?:function|import)[ \t]`, file.rows[line])
	said := statements.arguments(file, line, pattern)
}

# The names under which a file imports undici's calls.
_of_undici(file) := {name |
	contains(file.text, "undici")
	some list in regex.find_all_string_submatch_n(`import[ \t]*\{([^{}]*)\}[ \t]*from[ \t]*['"]undici['"]`, file.text, 1)
	some match in regex.find_all_string_submatch_n(`(?:request|fetch|stream)(?:[ \t]+as[ \t]+([A-Za-z]+))?`, list[1], -1)
	some name in [array.concat([part | some part in [match[1]]; part != ""], [regex.find_n(`[a-z]+`, match[0], 1)[0]])[0]]
	name != "fetch"
}

# Headers that stand in the call say all: what else the call holds is no header.
_sends_the_trace(_, said) if {
	headers := _headers_in(said)
	regex.match(_carries, headers)
}

_sends_the_trace(file, said) if {
	headers := _headers_in(said)
	some match in regex.find_all_string_submatch_n(`[.][.][.][ \t]*(?:\(?(?:await[ \t]+)?)?([A-Za-z_$][0-9A-Za-z_$.]*)`, headers, -1)
	not _shown_without_trace(file, match[1])
}

_sends_the_trace(_, said) if {
	not _headers_in(said)
	regex.match(_carries, said)
}

_sends_the_trace(_, said) if {
	not _headers_in(said)
	regex.match(_passes_something, said)
}

_sends_the_trace(file, said) if {
	not _headers_in(said)
	_headers_may_carry(file, said)
}

_headers_in(said) := regex.find_n(`(?:^|[^0-9A-Za-z_$])['"]?headers['"]?[ \t]*:[ \t\n]*\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}`, said, 1)[0]

_traced_by_interceptor(file) if {
	shown := file.text
	regex.match(`interceptors[.]request|defaults[.]headers|beforeRequest`, shown)
	regex.match(_carries, shown)
}

# `headers` or a whole configuration made elsewhere: judged only where the diff shows its making.
_headers_may_carry(file, said) if {
	some name in _options_named(said)
	not _shown_without_trace(file, name)
}

_options_named(said) := {name |
	some match in regex.find_all_string_submatch_n(`(headers)[ \n\t]*[,}]|headers:[ \n\t]*([A-Za-z_$][0-9A-Za-z_$.]*)|,[ \n\t]*([a-z][0-9A-Za-z_$.]*)(?:\([^()]*\))?[ \n\t]*,?[ \n\t]*\)$|^\([ \n\t]*([a-z][0-9A-Za-z_$.]*(?:[cC]onfig|[oO]ptions|[rR]equest|[iI]nit))[ \n\t]*\)$`, said, -1)
	some name in array.slice(match, 1, 5)
	name != ""
	not regex.match(`^(data|dto|body|payload|url)$`, name)
}

_shown_without_trace(file, name) if {
	some literal in statements.literals(file, name)
	not regex.match(_carries, literal)
	not regex.match(_passes_something, literal)
	not regex.match(concat("", [name, `[^\n]*(?i:trace|correlation|request-id)`]), file.text)
}

# A message to another service: NestJS client proxies and gRPC stubs.
_remote := `(?:^|[^0-9A-Za-z_$.])(?:this[.])?(?:[A-Za-z0-9_]*[cC]lient[A-Za-z]*|[A-Za-z0-9_]*[pP]roxy)[.]send(?:<[^()\n]*>)?\(|(?:^|[^0-9A-Za-z_$.])(?:this[.])?[A-Za-z0-9_]*[gG]rpc[A-Za-z0-9_]*[.][a-z][0-9A-Za-z]*\(`

found contains finding if {
	some file in _callers
	some line in statements.hits(file, _remote)
	said := statements.arguments(file, line, _remote)
	regex.match(`^\([ \n\t]*['"{A-Z]`, said)
	_drops_the_trace(file, said)
	not regex.match(`\([ \n\t]*new `, said)
	not regex.match(`getService|[.]close\(`, file.rows[line])
	finding := diff.finding(
		"R09", file, line,
		"Service call without trace id: the called service starts a trace of its own",
		"Pass the trace id in the message or its metadata, from the request context.",
	)
}

# Proxies by their declared type, gRPC's services by where they come from: `this.billing.send(`, `this.stock.reserve(`.
_typed_remote(file) := {concat("", [`(?:^|[^0-9A-Za-z_$.])(?:this[.])?`, match[1], `[.](?:send|emit)(?:<[^()\n]*>)?\(`]) |
	regex.match(`Client(?:Proxy|Kafka|Redis|RMQ|Nats)`, file.text)
	some match in regex.find_all_string_submatch_n(`([A-Za-z_][0-9A-Za-z_]*)[!]?[ \t]*:[ \t]*Client(?:Proxy|Kafka|Redis|RMQ|Nats)(?:[^0-9A-Za-z_]|$)`, file.text, -1)
	not regex.match(`[cC]lient`, match[1])
} | {concat("", [`(?:^|[^0-9A-Za-z_$.])this[.]`, match[1], `[.][a-z][0-9A-Za-z]*\(`]) |
	contains(file.text, "getService")
	some match in regex.find_all_string_submatch_n(`this[.]([A-Za-z_][0-9A-Za-z_]*)[ \t]*=[ \t\n]*this[.][A-Za-z_]+[.]getService`, file.text, -1)
	not regex.match(`[gG]rpc`, match[1])
}

found contains finding if {
	some file in _callers
	some pattern in _typed_remote(file)
	some line in statements.hits(file, pattern)
	said := statements.arguments(file, line, pattern)
	regex.match(`[{,]`, said)
	_drops_the_trace(file, said)
	finding := diff.finding(
		"R09", file, line,
		"Service call without trace id: the called service starts a trace of its own",
		"Pass the trace id in the message or its metadata, from the request context.",
	)
}

_local := `(?:^|[^0-9A-Za-z_$])this[.][a-z][0-9A-Za-z]*(?:Service|Facade|Gateway|Client)[.][a-z][0-9A-Za-z]*\(`

_has_no_trace_to_take := `this[.](?i:[a-z]*(?:config|logg|metric|cache|jwt|hash|crypt|i18n|clock|prisma|trac|cls|context|reflector|http|redis))`

# Within one process the rule holds a method to what it has: a trace id in hand is passed on.
found contains finding if {
	some file in _callers
	paths.server(file.path)
	regex.match(`(?i)trace_?id|correlation_?id`, file.text)
	some line in statements.hits(file, _local)
	head := regex.find_n(_local, file.rows[line], 1)[0]
	not regex.match(_has_no_trace_to_take, head)
	not regex.match(`Client[.](?:send|emit)\(`, head)
	every pattern in _typed_remote(file) {
		not regex.match(pattern, file.rows[line])
	}
	said := statements.arguments(file, line, _local)
	_drops_the_trace(file, said)
	_trace_in_hand(file, line)
	finding := diff.finding(
		"R09", file, line,
		"Service call without trace id: the method has it and does not pass it on",
		"Pass traceId as the other calls do, or keep it in the request context that the service reads.",
	)
}

_trace_in_hand(file, line) if {
	rows := statements.above(file, line, 40)
	ends := [i | some i, row in rows; regex.match(`^(?:[ ]{0,2}|\t)[}]`, row)]
	start := max({-1} | {i | some i in ends}) + 1
	regex.match(
		`(?:^|[^.0-9A-Za-z_])(?:traceId|trace_id|correlationId)(?:[?]?:[ ]*string|[ ]*=[^=>])|[{,][ \n\t]*(?:traceId|correlationId)[ \n\t]*[,}]`,
		concat("\n", array.slice(rows, start, count(rows))),
	)
}

# Neither the arguments nor a literal that they name carry the trace; what is not shown may.
_drops_the_trace(file, said) if {
	not regex.match(_carries, said)
	not regex.match(_passes_something, said)
	every name in _payloads_named(said) {
		_payload_known(file, name)
	}
}

_payloads_named(said) := {match[1] |
	some match in regex.find_all_string_submatch_n(`(?:^\([ \n\t]*|^\([^,{}]*,[ \n\t]*|[a-z]:[ \n\t]*|JSON[.]stringify\()((?i:[a-z.]*(?:payload|message|event|job|data|request|command|params|options|record|body|envelope|dto|input|msg)))[ \n\t]*[,)}]`, said, -1)
}

_payload_known(file, name) if {
	some literal in statements.literals(file, name)
	not regex.match(_carries, literal)
	not regex.match(_passes_something, literal)
	not regex.match(concat("", [name, `[.](?i:trace|correlation)`]), file.text)
}

_queue := `(?:^|[^0-9A-Za-z_$.])(?:[A-Za-z0-9_$]+[.])*(?:[A-Za-z0-9_]*(?:[qQ]ueue[A-Za-z]*|[pP]roducer|[pP]ublisher|[kK]afka[A-Za-z]*|[nN]ats[A-Za-z]*|[rR]abbit[A-Za-z]*|[sS]qs[A-Za-z]*|[sS]ns[A-Za-z]*|[pP]ub[sS]ub|[mM]essageBus|[bB]roker|[aA]mqp[A-Za-z]*)[.](?:add|addBulk|send|sendBatch|publish|emit|sendMessage|enqueue|publishMessage)|[A-Za-z0-9_]*[cC]hannel[.](?:publish|sendToQueue)|[A-Za-z0-9_]*[cC]lient[.]emit)(?:<[^()\n]*>)?\(`

found contains finding if {
	some file in _callers
	some line in statements.hits(file, _queue)
	head := regex.find_n(_queue, file.rows[line], 1)[0]
	not regex.match(`(?i)traced|tracing`, head)
	said := statements.arguments(file, line, _queue)
	regex.match(`,|[{]|JSON|new `, said)
	_drops_the_trace(file, said)
	finding := diff.finding(
		"R09", file, line,
		"Queue message without trace id: its consumer cannot join the trace",
		"Put traceId into the message or its headers, or use the queue producer, which adds it.",
	)
}

_raw_query := "(?:[$](?:queryRaw|executeRaw)(?:Unsafe|Typed)?(?:<[^()`\\n]*>)?[ ]?[(`]|(?:dataSource|[pP]ool|db|pg|[cC]onnection|[mM]anager|queryRunner|knex|pgClient|sequelize|[dD]atabase)[.](?:query|raw)(?:<[^()\\n]*>)?\\()"

found contains finding if {
	some file in _callers
	regex.match(`query|Raw|[.]raw`, file.added)
	some line in code.hits(file, _raw_query)
	statement := _statement(file, line)
	not regex.match(_carries, statement)
	not regex.match(`(?i)^[^a-z]*select 1(?:[^0-9a-z]|$)`, statement)
	every row in _as_written(file, line, statement) {
		not regex.match(_carries, row)
	}
	near := concat("\n", statements.above(file, line, 8))
	not regex.match(_carries, _same_function(near))
	not _inside_a_wrapper(file, line)
	finding := diff.finding(
		"R09", file, line,
		"Query without trace context: the database log cannot be joined to the request",
		"Run it through the traced client (withTrace), or carry the trace id in a comment or a session setting of the query.",
	)
}

# `withTenant(ctx, (tx) => …)`: whoever gets the whole context sets the session for what runs inside.
_inside_a_wrapper(file, line) if regex.match(
	`(?:with|run|in|using|scoped|for)[A-Z][0-9A-Za-z]*(?:<[^()\n]*>)?\([ \n\t]*(?:[^()\n]*[ ,.\n\t])?[a-z]*(?:ctx|Ctx|context|Context)(?:\(\))?[ \n\t]*[,)]`,
	_same_function(concat("\n", array.concat(statements.above(file, line, 20), [file.rows[line]]))),
)

# Comments are no code, but in a query they carry the trace.
_as_written(file, line, statement) := [statements.raw(file, number) |
	some number in numbers.range(line, line + strings.count(statement, "\n"))
]

_statement(file, line) := sql if {
	head := regex.find_n(_raw_query, file.rows[line], 1)[0]
	endswith(head, "`")
	row := file.rows[line]
	tail := substring(row, indexof(row, head) + count(head), -1)
	rest := array.slice(statements.below(file, line), 1, 40)
	sql := split(concat("\n", array.concat([tail], rest)), "`")[0]
}

_statement(file, line) := statements.arguments(file, line, _raw_query) if {
	not endswith(regex.find_n(_raw_query, file.rows[line], 1)[0], "`")
}

# What stands after the end of the method above.
_same_function(rows) := parts[count(parts) - 1] if parts := regex.split(`\n(?:[ ]{2}|\t)?[}]\n`, rows)

_wrapper := `(?:prisma|db|[cC]lient)[.](?:withTrac[A-Za-z]*|traced)\(`

found contains finding if {
	some file in _callers
	regex.match(_wrapper, file.text)
	some line in code.hits(file, `(?:prisma|db)[.][a-z][0-9A-Za-z]*[.](?:find|create|update|upsert|delete|count|aggregate|groupBy)[A-Za-z]*\(`)
	not regex.match(_carries, file.rows[line])
	finding := diff.finding(
		"R09", file, line,
		"Query without trace context: its neighbours run through the traced client",
		"Run it through the same traced client.",
	)
}
