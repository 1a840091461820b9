# METADATA
# title: RLS Enforcement
# description: New tenant tables without a policy, row level security disabled or bypassed, functions that go around it.
package forge.rules.r02

import rego.v1

import data.forge.code
import data.forge.diff
import data.forge.paths

# SQL, and migrations that carry theirs in TypeScript. What takes a migration back may take its fence back too.
_statements contains file if {
	some file in diff.sql
	not _takes_back(file.path)
	not paths.test(file.path)
}

_statements contains file if {
	some file in diff.code
	regex.match(`(^|/)migrations?/`, file.path)
	not paths.test(file.path)
}

_takes_back(path) if regex.match(`(?i)(^|[/._-])(down|rollback|revert|undo)([/._-]|$)`, path)

# --- New tables ---

_name := `(?:"?[A-Za-z0-9_]+"?[.])?"?([A-Za-z0-9_]+)"?`

_all := concat("\n", [file.added | some file in _statements])

found contains finding if {
	some file in _statements
	some line in code.hits(file, `(?i)\bcreate[ \t]+(unlogged[ \t]+)?table\b`)
	not regex.match(`(?i)partition[ \t]+of\b`, file.rows[line])
	table := regex.find_all_string_submatch_n(concat("", [`(?i)\btable[ \t]+(?:if[ \t]+not[ \t]+exists[ \t]+)?`, _name]), file.rows[line], 1)[0][1]
	regex.match(`(?i)\btenant_?id\b`, _columns(file, line))
	missing := _missing(table)
	finding := diff.finding(
		"R02", file, line,
		sprintf("The new table `%s` holds a tenant's rows but %s.", [table, missing]),
		sprintf("In this migration: ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE it, and CREATE POLICY on tenant_id.", [table]),
	)
}

_columns(file, line) := regex.find_n(`(?s)^.*?([)][^,;]*;|$)`, code.text(file, line, line + 120), 1)[0] if {
	not regex.match(`(?s)[(].*;`, code.block(file, line).text)
} else := code.block(file, line).text

_missing(table) := "row level security is not enabled on it" if not _enabled(table)

_missing(table) := "no policy says whose rows they are" if {
	_enabled(table)
	not regex.match(concat("", [`(?is)\bcreate[ \t]+policy\b[^;]*?\bon[ \t\n0-9]+("?[A-Za-z0-9_]+"?[.])?"?`, table, `\b`]), _all)
	not _in_a_loop(table)
}

_enabled(table) if regex.match(concat("", [`(?is)\balter[ \t]+table[ \t]+(if[ \t]+exists[ \t]+)?(only[ \t]+)?("?[A-Za-z0-9_]+"?[.])?"?`, table, `"?[^;]*\benable[ \t]+row[ \t]+level[ \t]+security`]), _all)

_enabled(table) if _in_a_loop(table)

# EXECUTE format(...) over a list of names.
_in_a_loop(table) if {
	regex.match(`(?is)\bformat[(].*row[ \t]+level[ \t]+security|(?is)row[ \t]+level[ \t]+security.*\bformat[(]`, _all)
	regex.match(concat("", [`'`, table, `'`]), _all)
}

# --- Disabled ---

found contains finding if {
	some file in _fenced
	some line in code.hits(file, `(?i)\b(disable|no[ \t]+force)[ \t]+row[ \t]+level[ \t]+security`)
	finding := diff.finding(
		"R02", file, line,
		"Row level security is switched off here: a query that forgets its filter then sees every tenant's rows.",
		"Remove the statement. Work that needs all rows belongs to a role of its own, not to a table without its fence.",
	)
}

found contains finding if {
	some file in _fenced
	some line in code.hits(file, `(?i)\brow_security[ \t]*(=|to)[ \t]*'?(off|false)\b`)
	finding := diff.finding(
		"R02", file, line,
		"row_security is turned off for this session.",
		"Remove the statement, and let the session see what its tenant's policies show.",
	)
}

_fenced contains file if some file in _statements

_fenced contains file if {
	some file in diff.production
	not _takes_back(file.path)
}

found contains finding if {
	some file in _statements
	some line in code.hits(file, `(?i)\bdrop[ \t]+policy\b`)
	table := regex.find_all_string_submatch_n(concat("", [`(?i)\bon[ \t]+`, _name]), code.text(file, line, line + 2), 1)[0][1]
	not regex.match(concat("", [`(?is)\bcreate[ \t]+policy\b[^;]*?\bon[ \t\n0-9]+("?[A-Za-z0-9_]+"?[.])?"?`, table, `\b`]), _all)
	not regex.match(concat("", [`(?is)\bdrop[ \t]+table\b[^;]*\b`, table, `\b`]), _all)
	finding := diff.finding(
		"R02", file, line,
		sprintf("The policy of `%s` is dropped and none takes its place.", [table]),
		"Create the new policy in the same migration.",
	)
}

found contains finding if {
	some file in _statements
	some line in code.hits(file, `(?i)\bcreate[ \t]+policy\b`)
	policy := regex.find_n(`(?s)^[^;]*`, code.text(file, line, line + 8), 1)[0]
	regex.match(`(?is)\busing[ \t\n]*[(][ \t\n]*true[ \t\n]*[)]`, policy)
	not regex.match(`(?i)\bfor[ \t\n]+select\b|\brestrictive\b`, policy)
	finding := diff.finding(
		"R02", file, line,
		"USING (true) lets every tenant see and change every row: the policy fences nothing.",
		"Compare tenant_id with the session's tenant, for instance current_setting('app.tenant_id').",
	)
}

# --- Roles that no policy binds ---

found contains finding if {
	some file in _statements
	some line in code.hits(file, `(?i)\b(alter|create)[ \t]+(role|user)\b.*\b(bypassrls|superuser)\b|\bgrant[ \t]+("?postgres"?|rds_superuser|cloudsqlsuperuser)[ \t]+to\b|\bset[ \t]+(session[ \t]+|local[ \t]+)?role[ \t]+'?"?postgres\b|\bset[ \t]+session[ \t]+authorization[ \t]+'?"?postgres\b`)
	finding := diff.finding(
		"R02", file, line,
		"This role is a superuser or bypasses row level security: no policy binds it.",
		"Give the application a role with NOSUPERUSER NOBYPASSRLS and only the rights that it needs.",
	)
}

found contains finding if {
	some [file, line] in diff.search("files", `(?i)\bpostgres(ql)?://(postgres|root|supabase_admin|rds_?admin|superuser|sa)(:[^@'" ]*)?@`)
	_configures(file.path)
	row := file.rows[line]
	not regex.match(`@(localhost|127[.]0[.]0[.]1|\[::1\]|host[.]docker[.]internal)`, row)
	not regex.match(`(?i)migrat|direct_?url|owner|shadow|admin_?(database|db)?_?url|bootstrap`, row)
	finding := diff.finding(
		"R02", file, line,
		"The application signs in to PostgreSQL as a superuser, whom no row level security binds.",
		"Connect as the application's own role, which is neither superuser nor has BYPASSRLS.",
	)
}

found contains finding if {
	some [file, line] in diff.search("server", `(?i)^[ \t]*(user|username|role)[ \t]*:[ \t]*['"](postgres|root|rds_superuser)['"]`)
	regex.match(`(?i)\b(host|database|pool|typeorm|postgres)\b`, code.text(file, max([1, line - 6]), line + 6))
	not regex.match(`(?i)localhost|127[.]0[.]0[.]1`, code.text(file, max([1, line - 6]), line + 6))
	finding := diff.finding(
		"R02", file, line,
		"The application signs in to PostgreSQL as a superuser, whom no row level security binds.",
		"Connect as the application's own role, which is neither superuser nor has BYPASSRLS.",
	)
}

found contains finding if {
	some [file, line] in diff.search("production", `(?i)\b(set[ \t]+(session[ \t]+|local[ \t]+)?role[ \t]+"?postgres\b|(SUPABASE_)?SERVICE_ROLE_KEY\b|\bbypass_?rls[ \t]*[:=][ \t]*true)`)
	finding := diff.finding(
		"R02", file, line,
		"This code takes a role that row level security does not bind.",
		"Use the tenant's own connection or key; keep the service role for tools outside the application.",
	)
}

_configures(path) if {
	not paths.test(path)
	not paths.workflow(path)
	not paths.markdown(path)
	not regex.match(`(?i)(^|/)([.]env[.](test|local|example|sample|template|dev|development|ci)[^/]*|docker-compose[^/]*|compose[^/]*[.]ya?ml|[.]gitlab-ci[.]yml|[^/]*[.](example|sample))$`, path)
	not regex.match(`(^|/)(docs|[.]devcontainer)/`, path)
}

# --- Functions ---

found contains finding if {
	some file in _statements
	some first in code.hits(file, `(?i)\bcreate[ \t]+(or[ \t]+replace[ \t]+)?(function|procedure)\b`)
	definition := regex.find_n(`(?s)^.*?[$][A-Za-z_]*[$].*?[$][A-Za-z_]*[$][^;]*;`, code.text(file, first, first + 200), 1)[0]
	regex.match(`(?i)\bsecurity[ \t]+definer\b`, definition)
	regex.match(`(?i)\b(from|into|update|join|table)[ \t\n]+["A-Za-z_]`, regex.replace(definition, `(?i)^[^$]*`, ""))
	not regex.match(`(?i)tenant|\bauth[.](uid|jwt)[(]`, regex.replace(definition, `(?i)^[^$]*`, ""))
	line := min({number |
		some number in code.hits(file, `(?i)\bsecurity[ \t]+definer\b`)
		number >= first
	})
	finding := diff.finding(
		"R02", file, line,
		"This SECURITY DEFINER function runs with its owner's rights, past row level security, and filters by no tenant.",
		"Make it SECURITY INVOKER, or compare tenant_id with the session's tenant inside it and pin its search_path.",
	)
}

found contains finding if {
	some file in _statements
	some line in code.hits(file, `(?i)\balter[ \t]+function\b.*\bsecurity[ \t]+definer\b`)
	finding := diff.finding(
		"R02", file, line,
		"The function becomes SECURITY DEFINER and runs past row level security from now on.",
		"Leave it SECURITY INVOKER, or replace it by one that compares tenant_id with the session's tenant.",
	)
}
