# METADATA
# title: R08, Structured Logging
package forge.rules.r08

import rego.v1

import data.forge.code
import data.forge.diff
import data.forge.statements

# The program's start and the logger itself stand outside every request.
_logs(file) if not regex.match(`(^|/)(main|bootstrap|instrumentation|tracing|polyfills?)[.][cm]?[jt]sx?$|(?i)logg(er|ing)[^/]*(/|[.][cm]?[jt]sx?$)`, file.path)

_console := `(?:^|[^0-9A-Za-z_$.'"]|window[.]|globalThis[.])console[.](?:log|info|warn|error|debug|trace|table|dir|group)(?:[^0-9A-Za-z_]|$)`

found contains finding if {
	some file in diff.production
	contains(file.added, "console.")
	_logs(file)
	some line in statements.hits(file, _console)
	regex.match(_console, statements.bare(file.rows[line]))
	finding := diff.finding(
		"R08", file, line,
		"Console logging in product code: the line reaches no log search and carries no fields",
		"Inject the structured logger and pass traceId, tenantId and operation as fields.",
	)
}

_logger := `(?:^|[^0-9A-Za-z_$.])(?:[A-Za-z0-9_$]+[?]?[.])*(?:[A-Za-z0-9_]*[lL]ogger|log|winston)[?]?[.](?:log|info|warn|warning|error|debug|verbose|fatal|trace)\(`

# Every logger call that begins in an added line: what it says without its strings, bound fields included.
_log_calls contains {"file": statements.brief(file), "line": line, "said": said, "bound": bound} if {
	some file in diff.production
	regex.match(`[lL]og|winston`, file.added)
	_logs(file)
	some line in statements.hits(file, _logger)
	not regex.match(`(?i)audit`, regex.find_n(_logger, file.rows[line], 1)[0])
	said := statements.bare(statements.arguments(file, line, _logger))
	bound := _bound(file, regex.find_n(_logger, file.rows[line], 1)[0])
}

# The fields of `const log = this.logger.child({ … })`, for calls on `log`.
_bound(file, head) := concat(" ", {match[2] |
	some match in _bindings[file.path]
	receiver := regex.find_all_string_submatch_n(`([A-Za-z0-9_$]+)[?]?[.][a-z]+\($`, head, 1)[0][1]
	match[1] == receiver
})

_bindings[file.path] := regex.find_all_string_submatch_n(_binding, file.text, -1) if {
	some file in diff.production
	regex.match(`[lL]og`, file.added)
}

_binding := `([A-Za-z0-9_$]+)[ \t]*(?::[^=\n]*)?=[ \t]*[^=;\n]*[.](?:child|withContext|withFields|forContext|extend|bind|with)\(((?:[^()]|\([^()]*\))*)\)`

# Fields from elsewhere: spread, a context as a whole, or what a context answers. `ctx.userId` is one field.
_opaque := `[.][.][.]|(?:ctx|[cC]ontext|[mM]eta|[mM]etadata|[fF]ields|[eE]xtra)(?:[ \n]*(?:[,)}(]|$)|(?:[.][A-Za-z]+)+\()`

_trace := `(?i)trace_?(?:id|context|fields)|traceparent|correlation|request_?id|req_?id|span_?(?:id|context)|(?:^|[^a-z])trac(?:e|ing)[^a-z]|trac(?:e|ing)[a-z]*\(`

_tenant := `(?i)tenant_?id|tenant_?(?:context|fields|ref|key|slug|code)|organi[sz]ation_?id|org_?id|(?:^|[^a-z])tenant[^a-z]|tenant[a-z]*\(`

_message_only := `^\([ \n\t]*(?:""|[^,{}()]*(?i:err|error|exception|message|msg)[^,{}()]*)[^,{}]*(?:,[ \n\t]*(?:""|[^,{}]*(?i:err|error|exception|stack|stringify|[.]name)[^,{}]*|e|ex|e[.][a-z]+)[ \n\t]*)*,?[ \n\t]*\)$`

found contains finding if {
	some call in _log_calls
	call.bound == ""
	regex.match(_message_only, call.said)
	not regex.match(_opaque, call.said)
	not regex.match(_trace, call.said)
	not regex.match(_tenant, call.said)
	finding := diff.finding(
		"R08", call.file, call.line,
		"Log call with a message only: what varies must stand in fields",
		"Log a constant message and an object with traceId, tenantId and operation; errors add errorCode and rootCause.",
	)
}

found contains finding if {
	some call in _log_calls
	all := concat(" ", [call.said, call.bound, _named_fields(call)])
	contains(all, "{")
	not regex.match(_opaque, all)
	missing := [name |
		some [name, pattern] in [["trace id", _trace], ["tenant id", _tenant]]
		not regex.match(pattern, all)
	]
	count(missing) > 0
	finding := diff.finding(
		"R08", call.file, call.line,
		sprintf("Log call without %s", [concat(" and ", missing)]),
		"Add traceId and tenantId from the request context to the fields, or log through a child logger that carries them.",
	)
}

# The literal behind `logger.info('…', payload)`, where the diff shows it.
_named_fields(call) := concat(" ", {statements.bare(literal) |
	some name in regex.find_all_string_submatch_n(`,[ \n\t]*([A-Za-z_]+)[ \n\t]*,?[ \n\t]*\)$`, call.said, 1)
	some literal in statements.literals(statements.file_of[call.file.path], name[1])
})
