# METADATA
# title: Layer Synchronization
# description: Schema, migration, DTO and frontend type that do not change together, or that contradict each other.
package forge.rules.r04

import rego.v1

import data.forge.code
import data.forge.diff
import data.forge.paths

# --- Schema ---

_scalars := `(String|Int|BigInt|Float|Decimal|Boolean|DateTime|Json|Bytes)`

_field := `^[ \t]+([A-Za-z_][A-Za-z0-9_]*)[ \t]+([A-Z][A-Za-z0-9]*)(\[\])?([?]?)(?:[ \t].*)?$`

# Fields that stay in the database.
_internal := `(?i)^(id|.*hash|.*secret|.*token|tenant_?id|created_?(at|by)|updated_?(at|by)|deleted_?(at|by)|version|embedding|search_?vector|password.*|internal.*|.*salt)$`

# {line, name, type, optional} of the added scalar fields, without those that only moved.
_fields(file) := {{"line": line, "name": match[1], "type": match[2], "optional": match[4] == "?"} |
	some line in code.hits(file, `^[ \t]+[A-Za-z_][A-Za-z0-9_]*[ \t]+[A-Z]`)
	some match in regex.find_all_string_submatch_n(_field, file.rows[line], 1)
	regex.match(concat("", [`^`, _scalars, `$`]), match[2])
	not _unchanged(file, match)
	not regex.match(`@relation|@ignore`, file.rows[line])
}

_unchanged(file, match) if {
	some removal in file.removals
	some old in regex.find_all_string_submatch_n(_field, removal.text, 1)
	array.slice(old, 1, 5) == array.slice(match, 1, 5)
}

_dtos := diff.of["dto"]

# A DTO that the change touches knows what it had before as well.
_dto_texts := concat("\n", [file.text | some file in _dtos])

# The models that a new DTO class of the change carries: CommentDto and CreateCommentDto speak of WorkOrderComment.
_carried(file, line) if {
	head := max({number |
		some number in code.sights(file, `^(model|type)[ \t]+[A-Za-z0-9_]+[ \t]*\{`)
		number < line
	})
	head in file.new
	model := regex.find_all_string_submatch_n(`^[a-z]+[ \t]+([A-Za-z0-9_]+)`, file.rows[head], 1)[0][1]
	some name in _dto_models
	endswith(lower(model), lower(name))
}

_dto_models := {name |
	some file in diff.server
	some match in regex.find_all_string_submatch_n(`(?m)^[0-9]+\t(?:export[ \t]+)?class[ \t]+(?:Create|Update|Add|Edit|Patch|Upsert|New)?([A-Z][0-9A-Za-z]*?)(?:Response|Request|Input|Output|View|Summary|Detail)?(?:Dto|DTO|Input)(?:[^0-9A-Za-z_]|$)`, file.added, -1)
	name := match[1]
	count(name) > 3
}

found contains finding if {
	some file in diff.prisma
	forgotten := [field |
		some field in _fields(file)
		not regex.match(_internal, field.name)
		not _foreign_key(file, field)
		not _carried(file, field.line)
		not regex.match(concat("", [`\b`, field.name, `\b`]), _dto_texts)
	]
	count(forgotten) > 0
	line := min({field.line | some field in forgotten})
	names := concat(", ", [sprintf("`%s`", [name]) | some name in sort({field.name | some field in forgotten})])
	finding := diff.finding(
		"R04", file, line,
		sprintf("The schema gains %s, but no DTO of this change knows it.", [names]),
		"Add the field with its validator to the DTOs that carry the model, or justify why it stays internal.",
	)
}

_foreign_key(file, field) if contains(file.text, concat("", ["fields: [", field.name, "]"]))

# --- Migration ---

_has_migration if {
	some path in diff.changed_paths
	paths.migration(path)
}

_structure := `^([ \t]+[A-Za-z_][A-Za-z0-9_]*[ \t]+[A-Z][A-Za-z0-9]*(\[\])?[?]?([ \t].*)?|(model|enum|type)[ \t]+[A-Za-z0-9_]+[ \t]*\{.*|[ \t]+@@(index|unique|id|map)\b.*|[ \t]+[A-Z][A-Z0-9_]+([ \t].*)?)$`

found contains finding if {
	some file in diff.prisma
	not _has_migration
	lines := {line | some line in code.hits(file, _structure); not _only_moved(file, line)} |
		{removal.line |
			some removal in file.removals
			regex.match(_structure, removal.text)
			not regex.match(`^[ \t]*//`, removal.text)
			not _still_there(file, removal.text)
		}
	count(lines) > 0
	finding := diff.finding(
		"R04", file, min(lines),
		"The schema changes without a migration: the database will not follow.",
		"Run prisma migrate dev and commit the migration.",
	)
}

_plain(text) := regex.replace(trim(text, " \t"), `[ \t]+`, " ")

_only_moved(file, line) if {
	some removal in file.removals
	_plain(removal.text) == _plain(file.rows[line])
}

_only_moved(file, line) if regex.match(`^[ \t]+(provider|url|output|binaryTargets|previewFeatures)\b`, file.rows[line])

_still_there(file, text) if {
	some line in file.new
	_plain(file.rows[line]) == _plain(text)
}

# --- DTO and type ---

_types(path) if {
	paths.code(path)
	regex.match(`(?i)(^|/)(types?|interfaces?|models?|contracts?|schemas?|api-types|api-client)/|[.](types?|interface|model|schema|contract|d)[.]tsx?$|(^|/)types[.]ts$|api[.]ts$`, path)
	not paths.dto(path)
	not regex.match(`^(apps/(api|[a-z0-9-]*(worker|service))|backend)/`, path)
	not paths.test(path)
}

_has_types if {
	some path in diff.changed_paths
	_types(path)
}

_property := `^[ \t]*(?:readonly[ \t]+|public[ \t]+)?([A-Za-z_$][A-Za-z0-9_$]*)([?!]?)[ \t]*:[ \t]*([^;,=]+)`

# {line, name, type, optional} of the added properties.
_properties(file) := {{"line": line, "name": match[1], "type": trim(match[3], " \t"), "optional": match[2] == "?"} |
	some line in code.hits(file, `^[ \t]*(readonly[ \t]+|public[ \t]+)?[A-Za-z_$][A-Za-z0-9_$]*[?!]?[ \t]*:[ \t]*[A-Za-z'"\[{]`)
	some match in regex.find_all_string_submatch_n(_property, file.rows[line], 1)
	not match[1] in {"message", "example", "description", "type", "required", "each", "default", "enum"}
	not regex.match(`^[ \t]*(readonly[ \t]+)?[A-Za-z]+[ \t]*:.*[,]$`, file.rows[line])
}

_same_before(file, property) if {
	some removal in file.removals
	some old in regex.find_all_string_submatch_n(_property, removal.text, 1)
	old[1] == property.name
	trim(old[3], " \t;,") == trim(property.type, " \t;,")
	old[2] == {true: "?", false: ""}[property.optional]
}

found contains finding if {
	some file in _dtos
	not paths.test(file.path)
	not _has_types
	not regex.match(`(?i)(query|filter|pagination|params?|internal|webhook)`, file.path)
	fresh := [property | some property in _properties(file); not _same_before(file, property)]
	count(fresh) > 0
	line := min({property.line | some property in fresh})
	names := concat(", ", [sprintf("`%s`", [name]) | some name in sort({property.name | some property in fresh})])
	finding := diff.finding(
		"R04", file, line,
		sprintf("The DTO changes (%s), but no type of the frontend does.", [names]),
		"Change the type under frontend/src/types/ or the shared contract in the same pull request.",
	)
}

# --- Contradictions ---

_primitive(type) := "string" if regex.match(`^(string|String|z[.]string[(].*|z[.]uuid[(].*)$`, type)

_primitive(type) := "number" if regex.match(`^(number|Int|Float|z[.](coerce[.])?(number|int)[(].*)$`, type)

_primitive(type) := "boolean" if regex.match(`^(boolean|Boolean|z[.]boolean[(].*)$`, type)

_primitive(type) := "string[]" if regex.match(`^(string\[\]|Array<string>|z[.]array[(]z[.]string.*)$`, type)

_primitive(type) := "number[]" if regex.match(`^(number\[\]|Array<number>|z[.]array[(]z[.]number.*)$`, type)

_vague := {"id", "type", "value", "name", "key", "data", "count", "total", "page", "limit"}

_shared_types := [file | some file in diff.code; _types(file.path)]

# [file, property], read once.
_stated := [[file, property] | some file in _dtos; some property in _properties(file); not property.name in _vague]

_read := [[file, property] | some file in _shared_types; some property in _properties(file); not property.name in _vague]

# What a file is about: the words of its name.
_words(path) := {word |
	some word in regex.find_n(`[a-z]{4,}`, lower(regex.find_n(`[^/]*$`, path, 1)[0]), -1)
	not word in {"create", "update", "response", "request", "types", "type", "index", "schema", "list", "model", "interface", "contract", "input", "output", "patch", "delete"}
}

_related(one, other) if {
	some word in _words(one)
	contains(lower(other), word)
}

_related(one, other) if {
	some word in _words(other)
	contains(lower(one), word)
}

found contains finding if {
	some [dto, stated] in _stated
	some [types, read] in _read
	read.name == stated.name
	_primitive(read.type) != _primitive(stated.type)
	_related(dto.path, types.path)
	finding := diff.finding(
		"R04", types, read.line,
		sprintf("`%s` is a %s here and a %s in the DTO.", [read.name, _primitive(read.type), _primitive(stated.type)]),
		"Give both the same type, or convert explicitly where the answer is read.",
	)
}

found contains finding if {
	some schema in diff.prisma
	some stored in _fields(schema)
	some [dto, stated] in _stated
	stated.name == stored.name
	_primitive(stated.type) != _primitive(stored.type)
	finding := diff.finding(
		"R04", dto, stated.line,
		sprintf("`%s` is a %s here and a %s in the schema.", [stated.name, _primitive(stated.type), stored.type]),
		"Give the DTO the type of the column, or convert explicitly in the service.",
	)
}

# One name, two sets of values.
_enums(file) := {{"line": line, "name": name, "values": values} |
	some line in code.hits(file, `^[ \t]*(export[ \t]+)?(const[ \t]+)?enum[ \t]+[A-Za-z_]+[ \t]*\{`)
	name := regex.find_all_string_submatch_n(`enum[ \t]+([A-Za-z_][A-Za-z0-9_]*)`, file.rows[line], 1)[0][1]
	block := code.block(file, line)
	block.closed
	values := {value[1] | some value in regex.find_all_string_submatch_n(`(?m)^[ \t]+([A-Z][A-Z0-9_]+)\b`, block.text, -1)}
	count(values) > 0
}

found contains finding if {
	some schema in diff.prisma
	some stored in _enums(schema)
	some file in diff.having("code", `\benum[ \t]`)
	not paths.test(file.path)
	some stated in _enums(file)
	stated.name == stored.name
	stated.values != stored.values
	finding := diff.finding(
		"R04", file, stated.line,
		sprintf("The enum `%s` has other values here than in the schema.", [stated.name]),
		"Give both the same values, or import the enum from the Prisma client.",
	)
}

# A contract that says otherwise: OpenAPI's property beside the DTO's.
found contains finding if {
	some contract in diff.files
	regex.match(`(?i)(openapi|swagger)[^/]*[.]ya?ml$`, contract.path)
	some [dto, stated] in _stated
	some line in code.hits(contract, concat("", [`^[ \t]+`, stated.name, `[ \t]*:[ \t]*$`]))
	type := regex.find_all_string_submatch_n(`^[ \t]*type[ \t]*:[ \t]*['"]?([a-z]+)`, contract.rows[line + 1], 1)[0][1]
	type in {"string", "number", "integer", "boolean"}
	_primitive(stated.type) != {"string": "string", "number": "number", "integer": "number", "boolean": "boolean"}[type]
	finding := diff.finding(
		"R04", contract, line,
		sprintf("`%s` is a %s in the contract and a %s in the DTO.", [stated.name, type, stated.type]),
		"Let contract and DTO say the same.",
	)
}
