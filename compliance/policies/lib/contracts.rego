# METADATA
# title: What breaks others
# description: Lines of the change that callers of an API, readers of a table or consumers of an event cannot follow.
package forge.contracts

import rego.v1

import data.forge.code
import data.forge.diff
import data.forge.paths

# {kind: api | schema | event, file, line, what}
breaks := (_routes | _properties) | ((_sql | _prisma) | _documents)

_break(kind, file, line, what) := {"kind": kind, "file": file, "line": line, "what": what}

# What the change adds anywhere, to tell what has moved from what has gone.
_all_added := concat("\n", [file.added | some file in diff.files])

_moved(text) if regex.match(concat("", [`(?m)^[0-9]+\t[ \t]*`, _quoted(trim(text, " \t")), `[ \t]*$`]), _all_added)

_quoted(text) := regex.replace(text, `([.*+?()|\[\]{}^$\\])`, `\${1}`)

# --- Routes ---

_routes contains _break("api", file, removal.line, sprintf("the route `%s` is gone or has changed", [trim(removal.text, " \t")])) if {
	some file in diff.server
	some removal in file.removals
	regex.match(`^[ \t]*@(Get|Post|Put|Patch|Delete|All|Controller|Version)[(]`, removal.text)
	not _same_route(removal.text)
}

_same_route(text) if _moved(text)

# Quotes, spaces and options change nothing for the caller.
_same_route(text) if {
	decorator := regex.find_all_string_submatch_n(`@([A-Za-z]+)[(][ \t]*(?:[{][ \t]*path[ \t]*:[ \t]*)?(['"][^'"]*['"])?`, text, 1)[0]
	path := trim(decorator[2], `'"`)
	regex.match(concat("", [`(?m)^[0-9]+\t[ \t]*@`, decorator[1], `[(][ \t]*([{][ \t]*path[ \t]*:[ \t]*)?(['"]`, _quoted(path), `['"]`, _optional(path), `[ \t]*[,)}]`]), _all_added)
}

_optional(path) := `)?` if path == ""

_optional(path) := `)` if path != ""

# --- Properties of DTOs, contracts and events ---

_kind(path) := "event" if _is_event(path)

_kind(path) := "api" if {
	_is_contract(path)
	not _is_event(path)
}

_is_contract(path) if paths.dto(path)

_is_contract(path) if regex.match(`(^|/)(contracts?|api-types|api-client|public-api)/.*[.]ts$`, path)

_is_event(path) if regex.match(`([.](events?|message)[.]ts$|(^|/)(events?|messages)/[^/]+[.]ts$)`, path)

_property := `^[ \t]*(?:readonly[ \t]+|public[ \t]+)?([A-Za-z_$][A-Za-z0-9_$]*)([?!]?)[ \t]*:[ \t]*([^;,=]+)[;,]?[^;,]*$`

_properties contains _break(kind, file, removal.line, sprintf("`%s` is gone", [match[1]])) if {
	some file in diff.code
	count(file.removals) > 0
	not paths.test(file.path)
	file.status != "removed"
	kind := _kind(file.path)
	some removal in file.removals
	some match in regex.find_all_string_submatch_n(_property, removal.text, 1)
	not match[1] in {"message", "example", "description", "type", "required", "enum"}
	not regex.match(concat("", [`(?m)^[0-9]+\t[ \t]*(readonly[ \t]+|public[ \t]+)?`, match[1], `[?!]?[ \t]*[:;]`]), file.added)
	not _moved(removal.text)
}

_properties contains _break(kind, file, line, sprintf("`%s` changes from `%s` to `%s`", [old[1], trim(old[3], " \t"), trim(new[3], " \t")])) if {
	some file in diff.code
	count(file.removals) > 0
	not paths.test(file.path)
	kind := _kind(file.path)
	some removal in file.removals
	some old in regex.find_all_string_submatch_n(_property, removal.text, 1)
	some line in code.hits(file, concat("", [`^[ \t]*(readonly[ \t]+|public[ \t]+)?`, old[1], `[?!]?[ \t]*:`]))
	some new in regex.find_all_string_submatch_n(_property, file.rows[line], 1)
	trim(old[3], " \t") != trim(new[3], " \t")
	not startswith(trim(new[3], " \t"), concat("", [trim(old[3], " \t"), " |"]))
	regex.match(`^[A-Za-z_\[\]<>| ]+$`, trim(new[3], " \t'"))
}

_properties contains _break(kind, file, line, sprintf("`%s` was optional and is required now", [old[1]])) if {
	some file in diff.code
	count(file.removals) > 0
	kind := _kind(file.path)
	some removal in file.removals
	some old in regex.find_all_string_submatch_n(_property, removal.text, 1)
	old[2] == "?"
	some line in code.hits(file, concat("", [`^[ \t]*(readonly[ \t]+|public[ \t]+)?`, old[1], `!?[ \t]*:`]))
	not _answers(file)
}

# A request that was complete yesterday lacks this field today.
_properties contains _break("api", file, line, sprintf("`%s` is a new field that every caller must send", [name])) if {
	some file in diff.of["dto"]
	file.status == "modified"
	not _answers(file)
	regex.match(`(?i)create|update|request|input|command`, file.path)
	some line in code.hits(file, `^[ \t]*(readonly[ \t]+)?[A-Za-z_$][A-Za-z0-9_$]*!?[ \t]*:[ \t]*[A-Za-z]`)
	name := regex.find_all_string_submatch_n(`^[ \t]*(?:readonly[ \t]+)?([A-Za-z_$][A-Za-z0-9_$]*)`, file.rows[line], 1)[0][1]
	not regex.match(`=[^>]|\|[ \t]*(null|undefined)`, file.rows[line])
	not regex.match(`@(IsOptional|ValidateIf|Optional)`, code.decorators(file, line))
	regex.match(`@(Is|Min|Max|Length|Matches|Validate|Type|Allow)`, code.decorators(file, line))
	not regex.match(concat("", [`(?m)^[ \t]*(readonly[ \t]+)?`, name, `[?!]?[ \t]*:`]), file.removed)
	not regex.match(`(?m)^[0-9]+\t.*\bclass\b`, file.added)
}

_answers(file) if regex.match(`(?i)response|output|view|result`, file.path)

# The name under which an event is heard.
_properties contains _break("event", file, removal.line, sprintf("the event name %s is gone or has changed", [name])) if {
	some file in diff.code
	count(file.removals) > 0
	_is_event(file.path)
	some removal in file.removals
	name := regex.find_all_string_submatch_n(`(?i)\b(?:static|const|readonly|name|type|topic|pattern|eventName|[A-Z_]+)\b[^'"]*[=:][ \t]*(['"][a-z0-9_.:/-]+['"])`, removal.text, 1)[0][1]
	not contains(_all_added, trim(name, `'"`))
	not regex.match(_property, removal.text)
}

_properties contains _break("event", file, line, sprintf("the version of the event changes to %s", [version])) if {
	some [file, line] in diff.search("code", `\b(schemaVersion|eventVersion)\b[ \t]*[=:][ \t]*['"]?[0-9]`)
	_is_event(file.path)
	version := regex.find_n(`[0-9.]+`, regex.replace(file.rows[line], `^.*?[Vv]ersion`, ""), 1)[0]
	regex.match(`(schemaVersion|eventVersion)\b[ \t]*[=:]`, file.removed)
}

# --- Tables ---

_table(text) := regex.find_all_string_submatch_n(`(?i)\btable[ \t]+(?:if[ \t]+exists[ \t]+)?(?:only[ \t]+)?(?:"?[A-Za-z0-9_]+"?[.])?"?([A-Za-z0-9_]+)"?`, text, 1)[0][1]

_made_here(table) if regex.match(concat("", [`(?i)\bcreate[ \t]+table[ \t]+(if[ \t]+not[ \t]+exists[ \t]+)?("?[A-Za-z0-9_]+"?[.])?"?`, table, `"?[ \t]*([(]|$)`]), _all_added)

# The statement around the line: ALTER TABLE may stand above its actions.
_altered(file, line) := _table(file.rows[line])

_altered(file, line) := _table(file.rows[above]) if {
	not _table(file.rows[line])
	above := max({number |
		some number in numbers.range(max([1, line - 12]), max([1, line - 1]))
		regex.match(`(?i)\balter[ \t]+table\b`, object.get(file.rows, number, ""))
	})
	not contains(code.text(file, above, line - 1), ";")
}

_sql contains _break("schema", file, line, what) if {
	some file in diff.sql
	not regex.match(`(?i)(^|[/._-])(down|rollback|revert|undo)([/._-]|$)`, file.path)
	some pattern, what in {
		`(?i)\bdrop[ \t]+column\b`: "a column is dropped",
		`(?i)^[ \t]*drop[ \t]+table\b`: "a table is dropped",
		`(?i)\brename[ \t]+(column[ \t]|to[ \t])`: "a name changes",
		`(?i)\balter[ \t]+(column[ \t]+)?"?[A-Za-z0-9_]+"?[ \t]+(set[ \t]+data[ \t]+)?type\b`: "a column changes its type",
		`(?i)\bset[ \t]+not[ \t]+null\b`: "a column that could be empty must be filled",
		`(?i)^[ \t]*drop[ \t]+type\b`: "a type is dropped",
	}
	some line in code.hits(file, pattern)
	not _made_here(_altered(file, line))
	not regex.match(`(?i)\b(alter|rename)[ \t]+(index|constraint|policy)\b|_(old|new)"?[ \t]*;`, file.rows[line])
}

_sql contains _break("schema", file, line, "a new column must be filled and has no default") if {
	some file in diff.sql
	some line in code.hits(file, `(?i)\badd[ \t]+(column[ \t]+)?.*\bnot[ \t]+null\b`)
	not regex.match(`(?i)\b(default|generated|serial|constraint|check)\b`, file.rows[line])
	not _made_here(_altered(file, line))
}

_field := `^[ \t]+([A-Za-z_][A-Za-z0-9_]*)[ \t]+([A-Z][A-Za-z0-9]*)(\[\])?([?]?)(?:[ \t].*)?$`

_prisma contains _break("schema", file, removal.line, sprintf("the field `%s` is gone", [match[1]])) if {
	some file in diff.prisma
	some removal in file.removals
	some match in regex.find_all_string_submatch_n(_field, removal.text, 1)
	not regex.match(concat("", [`(?m)^[0-9]+\t[ \t]+`, match[1], `[ \t]+[A-Z]`]), file.added)
}

_prisma contains _break("schema", file, removal.line, sprintf("`%s` is gone", [trim(removal.text, " \t{")])) if {
	some file in diff.prisma
	some removal in file.removals
	regex.match(`^(model|enum|type)[ \t]+[A-Za-z0-9_]+`, removal.text)
	not _moved(removal.text)
}

_prisma contains _break("schema", file, line, sprintf("the field `%s` changes from `%s` to `%s`", [old[1], _type(old), _type(new)])) if {
	some file in diff.prisma
	some removal in file.removals
	some old in regex.find_all_string_submatch_n(_field, removal.text, 1)
	some line in code.hits(file, concat("", [`^[ \t]+`, old[1], `[ \t]+[A-Z]`]))
	some new in regex.find_all_string_submatch_n(_field, file.rows[line], 1)
	_type(old) != _type(new)
	_type(new) != concat("", [_type(old), "?"])
}

_type(field) := concat("", [field[2], field[3], field[4]])

# --- OpenAPI, GraphQL, protocol buffers ---

_document(path) := "event" if regex.match(`(?i)(asyncapi[^/]*[.](ya?ml|json)|[.]avsc)$`, path)

_document(path) := "event" if regex.match(`(?i)events?[^/]*[.]proto$|events?/.*[.](proto|schema[.]json)$`, path)

_document(path) := "api" if regex.match(`(?i)((openapi|swagger)[^/]*[.](ya?ml|json)|[.](graphql|gql))$`, path)

_document(path) := "api" if {
	endswith(path, ".proto")
	not regex.match(`(?i)events?[^/]*[.]proto$|events?/.*[.]proto$`, path)
}

_documents contains _break(kind, file, removal.line, sprintf("`%s` is gone", [trim(match[1], " \t\"'")])) if {
	some file in diff.files
	count(file.removals) > 0
	kind := _document(file.path)
	not paths.test(file.path)
	some removal in file.removals
	some match in regex.find_all_string_submatch_n(`^[ \t]*((?:/[A-Za-z0-9_{}/.-]*|"[A-Za-z0-9_/{}.-]+"|[A-Za-z_][A-Za-z0-9_.]*(?:[ \t]+[A-Za-z_][A-Za-z0-9_]*[ \t]*=[ \t]*[0-9]+)?)[!?]?)(?:[(][^)]*[)])?[ \t]*[:;{]`, removal.text, 1)
	not regex.match(`(?i)^["']?(description|summary|example|examples|title|version|operationId|tags|default|format|type|items|\$ref|ref|schema|doc)["']?$`, trim(match[1], " \t"))
	not regex.match(concat("", [`(?m)^[0-9]+\t[ \t]*`, _quoted(trim(match[1], " \t")), `(\b|[ \t:;({])`]), file.added)
}

# --- How a change says so ---

declared if regex.match(`(?i)\[breaking\]|\bbreaking[ _-]change|^[a-z]+([(][^)]*[)])?!:`, diff.title)

declared if regex.match(`BREAKING CHANGE|(?i:\[breaking\])`, diff.description)

# A guide in the change or its description, or a major version.
documented if {
	some path in diff.changed_paths
	regex.match(`(?i)(migrat|upgrad|breaking)[^/]*[.]mdx?$|(^|/)docs/(.*/)?(migrations?|upgrading|upgrades?|breaking-changes)/[^/]+[.]mdx?$`, path)
}

documented if {
	some file in diff.files
	regex.match(`(?i)(^|/)changelog[^/]*$`, file.path)
	regex.match(`(?i)breaking|migrat`, file.added)
}

documented if regex.match(`(?im)^[ \t]*(#+|[*][*])[ \t]*(migration|upgrade|how to migrate|upgrading)`, diff.description)

documented if {
	some file in diff.files
	regex.match(`(^|/)package[.]json$|(?i)openapi[^/]*$|(^|/)pubspec[.]yaml$`, file.path)
	old := _major(file.removed)
	new := _major(regex.replace(file.added, `(?m)^[0-9]+\t`, ""))
	new > old
}

_major(text) := to_number(regex.find_all_string_submatch_n(`(?m)^[ \t]*"?version"?[ \t]*:[ \t]*"?([0-9]+)[.]`, text, 1)[0][1])
