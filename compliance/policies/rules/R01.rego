# METADATA
# title: Tenant Isolation
# description: Queries without a tenant filter, access across tenants, tenant ids from the request, open endpoints.
package forge.rules.r01

import rego.v1

import data.forge.code
import data.forge.diff
import data.forge.nest

# --- Queries ---

_reads := `(find[A-Z][A-Za-z]*|update|updateMany|updateManyAndReturn|upsert|delete|deleteMany|count|aggregate|groupBy)`

_prisma_query := concat("", [`\b(?:prisma|prismaService|prismaClient|db|database|tx|trx|client)[.]([a-z][A-Za-z0-9_]*)[.]`, _reads, `(?:<[^()]*>)?[(]`])

_repository_query := `\b[A-Za-z_]*([Rr]epository|[Rr]epo)[.](find|findOne|findOneBy|findBy|findAndCount|findOneOrFail|count|update|delete|softDelete)[(][ \t]*([{]|$)`

# Tables that belong to no tenant.
_shared := {
	"tenant", "tenants", "plan", "plans", "country", "countries", "currency", "currencies", "timezone", "language",
	"locale", "featureFlag", "featureFlags", "systemSetting", "systemSettings", "migration", "region", "holiday",
}

_model(row) := regex.find_all_string_submatch_n(_prisma_query, row, 1)[0][1]

_queries := array.concat(
	[[file, line] |
		some [file, line] in diff.search("server", _prisma_query)
		not _model(file.rows[line]) in _shared
	],
	diff.search("server", _repository_query),
)

# A query that was there, and whose filter the change takes away.
found contains finding if {
	some [file, line] in diff.search_seen("server", _prisma_query)
	not line in file.new
	not _model(file.rows[line]) in _shared
	call := code.block(file, line)
	call.closed
	some removal in file.removals
	removal.line > line
	removal.line <= call.last
	regex.match(`tenantId`, removal.text)
	not _filtered(file, line, call)
	finding := diff.finding(
		"R01", file, removal.line,
		sprintf("`%s` loses its tenant filter: it reaches the rows of every tenant.", [_called(file.rows[line])]),
		"Keep tenantId of the verified caller in the where clause.",
	)
}

found contains finding if {
	some [file, line] in _queries
	call := code.block(file, line)
	call.closed
	not _filtered(file, line, call)
	finding := diff.finding(
		"R01", file, line,
		sprintf("`%s` reaches the rows of every tenant: its where clause has no tenant.", [_called(file.rows[line])]),
		"Add tenantId of the verified caller to the where clause, or run the query through the tenant-scoped client.",
	)
}

_called(row) := regex.find_n(concat("", [`[A-Za-z_]+[.][a-z][A-Za-z0-9_]*[.]`, _reads, `|[A-Za-z_]*[Rr]epo(sitory)?[.][A-Za-z]+`]), row, 1)[0]

_filtered(_, _, call) if regex.match(`(?i)tenant|\borg(anization|anisation)?_?id\b`, call.text)

_filtered(file, line, _) if _scoped(file, line)

# The where clause, or what is spread into it, is a variable or a call.
_filtered(file, line, call) if {
	some name in _variables(call.text)
	_may_hold_a_tenant(file, line, name)
}

# A row that a filtered query has found before is the tenant's own.
_filtered(file, line, call) if {
	some match in regex.find_all_string_submatch_n(`\b(?:id|uuid)[ \t]*:[ \t]*([A-Za-z_$][A-Za-z0-9_$]*)[.](?:id|uuid)\b`, call.text, -1)
	before := code.text(file, code.scope(file, line).first, line - 1)
	regex.match(concat("", [`(?is)(const|let)[ \t]+`, match[1], `\b[^;]*tenant`]), before)
}

_scoped(file, line) if {
	above := code.text(file, max([1, code.scope(file, line).first]), line)
	regex.match(`(?i)\b(with|for|in|as|run|using)[A-Za-z]*Tenant[A-Za-z]*[(]|tenant(Scoped|Aware)?(Prisma|Client|Db|Context)|set_config[(][^)]*tenant|SET LOCAL[^;]*tenant`, above)
}

_scoped(file, line) if regex.match(`(?i)(with|for|in)Tenant[A-Za-z]*[(]|tenant[A-Za-z]*[.]|scoped[A-Za-z]*[.]`, concat("\n", [
	code.text(file, max([1, line - 3]), line - 1),
	regex.replace(file.rows[line], `[.](find|update|upsert|delete|count|aggregate|group).*`, ""),
]))

_variables(text) := {name[1] | some name in regex.find_all_string_submatch_n(`\bwhere[ \t]*:[ \t]*([A-Za-z_$][A-Za-z0-9_$.]*)`, text, -1)} |
	{"where" | regex.match(`[{,][ \t\n]*where[ \t\n]*[,}]`, text)} |
	{name[1] | some name in regex.find_all_string_submatch_n(`\bwhere[ \t]*:[ \t]*[{][^}]*[.][.][.][ \t]*([A-Za-z_$][A-Za-z0-9_$.]*)`, text, -1)} |
	{name[2] | some name in regex.find_all_string_submatch_n(concat("", [`[.]`, _reads, `(?:<[^()]*>)?[(][ \t\n]*(?:[{][ \t\n]*[.][.][.])?([A-Za-z_$][A-Za-z0-9_$]*)[ \t\n]*[),]`]), text, 1)}

# In sight, the variable holds no tenant: whatever cannot be seen is not blamed.
_may_hold_a_tenant(file, line, name) if not _known_without(file, line, name)

_known_without(file, line, name) if {
	above := code.text(file, code.scope(file, line).first, line)
	regex.match(concat("", [`(const|let)[ \t]+`, name, `\b`]), above)
	some number in numbers.range(max([1, line - 60]), line)
	regex.match(concat("", [`^[ \t]*(const|let)[ \t]+`, name, `\b`]), file.rows[number])
	not regex.match(`(?i)tenant`, code.block(file, number).text)
	not regex.match(concat("", [`(?i)\b`, name, `[.][^;]*tenant|\b`, name, `[ \t]*=[^=>][^;]*tenant`]), above)
	not regex.match(`[(]`, regex.replace(file.rows[number], `^[^=]*=`, ""))
}

# --- Raw SQL ---

_raw := `[$](queryRaw|executeRaw)(Unsafe)?\b|\bPrisma[.]sql[ \t]*\x60|\bPrisma[.]raw[(]`

found contains finding if {
	some [file, line] in diff.search_seen("server", _raw)
	statement := _statement(file, line)
	regex.match("(?i)\\b(from|update|delete[ \t]+from|join)[ \t\n]+[\"A-Za-z_\\x60$]", statement)
	not _filters_by_tenant(statement)
	not regex.match(`(?i)\bfrom[ \t\n]+(pg_|information_schema)|_prisma_migrations`, statement)
	not _of_shared_tables(statement)
	not _may_be_filtered(file, line, statement)
	not _scoped(file, line)
	finding := diff.finding(
		"R01", file, _place(file, line, statement),
		"This raw SQL reaches the rows of every tenant: it neither filters by tenant_id nor runs inside withTenant().",
		"Wrap the statement in withTenant(), or add tenant_id of the verified caller to its WHERE clause.",
	)
}

# A tenant that is listed or grouped by is no filter.
_filters_by_tenant(statement) if {
	plain := regex.replace(statement, `(?i)\b(group|order|partition)[ \t\n]+by\b[^()\x60]*`, " ")
	regex.match(`(?is)\b(where|on|and|using|having|call)\b.*tenant|tenant[A-Za-z_]*[(]|current_setting`, plain)
}

_of_shared_tables(statement) if {
	tables := [lower(match[1]) | some match in regex.find_all_string_submatch_n("(?i)\\b(?:from|update|join)[ \t\n]+\"?([A-Za-z_]+)", statement, -1)]
	count(tables) > 0
	every table in tables {
		replace(table, "_", "") in {lower(name) | some name in _shared}
	}
}

# The condition is put together elsewhere: blamed only where the function shows it without a tenant.
_may_be_filtered(file, line, statement) if {
	some match in regex.find_all_string_submatch_n(`(?i)\b(?:where|and)[ \t\n]+[$]\{[ \t]*([A-Za-z_$][A-Za-z0-9_$.]*)`, statement, -1)
	_condition_may_hold(file, line, match[1])
}

_condition_may_hold(file, line, name) if {
	scope := code.scope(file, line)
	regex.match(concat("", [`(?is)\b`, name, `\b[^;]*tenant`]), code.text(file, scope.first + 1, line - 1))
}

_condition_may_hold(file, line, name) if not regex.match(concat("", [`\b(const|let)[ \t]+`, name, `\b`]), code.scope(file, line).text)

# The added line of the statement; where the change only takes the filter away, what stands there now.
_place(file, line, statement) := code.touched(file, line, line + strings.count(statement, "\n"))

_place(file, line, statement) := min(gone) if {
	last := line + strings.count(statement, "\n")
	not code.touched(file, line, last)
	gone := {removal.line |
		some removal in file.removals
		removal.line >= line
		removal.line <= last + 1
		contains(lower(removal.text), "tenant")
	}
	count(gone) > 0
}

# The template or the strings behind the call, types in between and strings put together by a plus included.
_statement(file, line) := regex.find_n("(?s)^[^\n]*?(?:[$](?:queryRaw|executeRaw)[A-Za-z]*(?:<[^\\x60]*?>)?[ \t]*[(]?[ \t\n]*(?:[A-Za-z.]+[ \t]*)?(?:\\x60.*?\\x60|(?:'[^'\n]*'|\"[^\"\n]*\")(?:[ \t\n]*[+][ \t\n]*(?:'[^'\n]*'|\"[^\"\n]*\"|\\x60[^\\x60]*\\x60|[A-Za-z_.]+))*)|\\bPrisma[.](?:sql|raw)[ \t]*[(]?[ \t\n]*\\x60.*?\\x60)", code.text(file, line, line + 60), 1)[0] if {
	not _named_statement(file, line)
} else := concat("\n", [code.text(file, line, line), _named_statement(file, line)])

# `const sql = '…'; … $queryRawUnsafe(sql, …)`
_named_statement(file, line) := regex.find_n(concat("", ["(?s)(?:const|let|var)[ \t]+", match[1], "\\b[^=\n]*=[ \t\n]*(?:\\x60.*?\\x60|(?:'[^'\n]*'|\"[^\"\n]*\")(?:[ \t\n]*[+][ \t\n]*(?:'[^'\n]*'|\"[^\"\n]*\"|\\x60[^\\x60]*\\x60))*)[^;]*;"]), code.text(file, code.scope(file, line).first, line - 1), 1)[0] if {
	match := regex.find_all_string_submatch_n(`[$](?:queryRaw|executeRaw)Unsafe(?:<[^\x60]*?>)?[(][ \t\n]*([A-Za-z_]+)[ \t\n]*[,)]`, code.text(file, line, line + 2), 1)[0]
	not regex.match(concat("", [`\b`, match[1], `[ \t]*[+]=|\blet[ \t]+`, match[1], `\b`]), code.scope(file, line).text)
}

# --- Access across tenants ---

_across := concat("", [
	`\btenantId[ \t]*:[ \t]*[{][ \t]*(not|in|notIn)[ \t]*:`, `|`,
	`\btenantId[ \t]*:[ \t]*(undefined\b|'[^']+'|"[^"]+")`, `|`,
	`\btenantId[ \t]*:[ \t]*(this[.])?(other|target|source|destination|dest|another|foreign|partner|sibling|parent|from|to)[A-Za-z]*[Tt]enant[A-Za-z]*\b`, `|`,
	`\b(with|for|as|runAs|runIn|in)Tenant[A-Za-z]*[(][ \t]*('[^']+'|"[^"]+"|(other|target|source|destination|another|foreign|partner|parent)[A-Za-z]*[Tt]enant)`, `|`,
	`\b(bypass|skip|ignore|disable)_?[A-Za-z]*Tenant[A-Za-z]*[ \t]*(:[ \t]*true|[(]|=[ \t]*true)`, `|`,
	`\b(cross|all)Tenants?(Access|Query|Mode)?[ \t]*:[ \t]*true`, `|`,
	`\b(withoutTenant|acrossTenants|unscoped)[A-Za-z]*[(]`,
])

found contains finding if {
	some [file, line] in diff.search("server", _across)
	not regex.match(`(?i)@(Skip|Bypass|Ignore)`, file.rows[line])
	finding := diff.finding(
		"R01", file, line,
		"This reaches into another tenant: the tenant is not the verified caller's own.",
		"Use the tenant id of the request context alone. What must see all tenants belongs in the platform's own service.",
	)
}

# --- Where the tenant id comes from ---

_from_request := concat("", [
	`\b(req|request|ctx[.]req|context[.]req)[.](body|query|params|headers|cookies)([?]?[.]|\[['"])[A-Za-z-]*[Tt]enant`, `|`,
	`\b(req|request|headers)([?]?[.](get|header))?[(\[][ \t]*['"][xX]-[A-Za-z-]*[Tt]enant`, `|`,
	`@(Body|Query|Param|Headers)[(][ \t]*['"][A-Za-z-]*[Tt]enant(-?[Ii][Dd])?['"]`, `|`,
	`\{[^}=]*\btenantId\b[^}=]*\}[ \t]*=[ \t]*(await[ \t]+)?(this[.])?(req|request)[.](body|query|params|headers)`, `|`,
	`\{[^}=]*\btenantId\b[^}=]*\}[ \t]*=[ \t]*(dto|body|query|params|[a-z][A-Za-z]*Dto)\b`, `|`,
	`\b(dto|body|query|params|[a-z][A-Za-z]*Dto)[?]?[.]tenantId\b`,
])

found contains finding if {
	some [file, line] in diff.search("server", _from_request)
	row := file.rows[line]
	not regex.match(`[.]tenantId[ \t]*=[^=]`, row)
	not _compared(file, line)
	finding := diff.finding(
		"R01", file, line,
		"The tenant id comes from the request, where a caller can write any tenant's.",
		"Take the tenant id from the verified token: the guard's request context, for instance user.tenantId.",
	)
}

_token := `([Uu]ser|[Tt]oken|[Cc]laims|[Aa]uth|[Pp]rincipal|[Cc]aller|[Cc]ontext|[Ss]ession|[Jj]wt|ctx)[A-Za-z]*[?]?[.](tenantId|tenant)\b`

_compared(file, line) if {
	text := code.scope(file, line).text
	regex.match(concat("", [`tenantId[ \t]*[!=]==?[ \t]*[A-Za-z.?]*`, _token, `|`, _token, `[A-Za-z.?]*[ \t]*[!=]==?|(assert|ensure|check|verify|require)[A-Za-z]*Tenant[A-Za-z]*[(]`]), text)
}

# A DTO that accepts one lets the caller choose.
found contains finding if {
	some [file, line] in diff.search("server", `^[ \t]*(readonly[ \t]+|public[ \t]+)?tenantId[?!]?[ \t]*:`)
	data.forge.paths.dto(file.path)
	regex.match(`@(Is|Min|Max|Length|Matches|Field)`, concat("\n", [code.decorators(file, line), file.rows[line]]))
	not _answers(file, line)
	finding := diff.finding(
		"R01", file, line,
		"The request body carries the tenant id: a caller can write any tenant's.",
		"Remove the field and take the tenant id from the verified token in the controller.",
	)
}

_answers(file, line) if regex.match(`(?i)class[ \t]+[A-Za-z]*(response|output|view|result|event)`, file.rows[nest.class_line(file, line)])

# --- Endpoints ---

_guard := `@(UseGuards|Auth|Authenticated|Authorize|Authorized|Protected|RequireAuth|RequiresAuth|JwtAuth|Public|IsPublic|SkipAuth|AllowAnonymous|NoAuth|AllowUnauthorizedRequest|Require[A-Z][A-Za-z]*|Secured)\b`

# What has to be open, or proves its caller in another way.
_open := `(?i)health|\bping\b|\blive|\bready|metrics|login|sign-?in|sign-?up|register|refresh|forgot|reset|verify|webhook|callback|public|status|version|well-known|robots|favicon|csrf|sso|oauth|saml`

found contains finding if {
	some file in nest.controllers
	some endpoint in nest.endpoints(file)
	not regex.match(_guard, endpoint.decorators)
	not regex.match(_open, concat(" ", [file.rows[endpoint.line], file.rows[endpoint.method]]))
	_class_is_open(file, endpoint)
	finding := diff.finding(
		"R01", file, endpoint.line,
		"This endpoint has no auth guard, neither of its own nor of its controller: anyone can call it.",
		"Add @UseGuards(JwtAuthGuard) to the endpoint or its controller, or @Public() if it is meant for everyone.",
	)
}

_class_is_open(file, endpoint) if {
	class := nest.class(file, endpoint.line)
	not regex.match(_guard, class)
	not regex.match(_open, class)
}

# The controller is out of sight, but its other endpoints carry guards of their own: so it has none.
_class_is_open(file, endpoint) if {
	not nest.class_line(file, endpoint.line)
	regex.match(`(?m)^[ \t]+@UseGuards[(]`, file.text)
}

found contains finding if {
	some file in nest.controllers
	some removal in file.removals
	regex.match(`^[ \t]*@UseGuards[(]`, removal.text)
	not regex.match(`(?m)^[0-9]+\t.*@(UseGuards|Auth|Authorize|Public)\b`, file.added)
	not regex.match(`@(Get|Post|Put|Patch|Delete|Controller|Resolver)[(]`, file.removed)
	file.status != "removed"
	finding := diff.finding(
		"R01", file, removal.line,
		"The auth guard above this line is taken off: anyone can call what it protected.",
		"Put @UseGuards() back, or @Public() if it is meant for everyone.",
	)
}
