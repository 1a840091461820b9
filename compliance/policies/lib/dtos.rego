# METADATA
# title: DTOs that validate nothing
# description: |
#   Classes of request DTOs with added properties that carry no decorator of class-validator: {file, line, class, properties}.
package forge.dtos

import rego.v1

import data.forge.code
import data.forge.diff
import data.forge.nest
import data.forge.paths
import data.forge.statements

_property := `^[ \t]+(readonly[ \t]+|public[ \t]+)?[A-Za-z_$][A-Za-z0-9_$]*[?!]?[ \t]*:[ \t]*[A-Za-z'"\[{]`

_decorated := `@(Is|Min|Max|Length|Matches|Validate|Allow|Array|Equals|NotEquals|Contains|NotContains|In|Transform|Type|Field|[A-Z][0-9A-Za-z]*(Valid|Required|Optional)|Match|Has|Trim)[0-9A-Za-z]*\b`

_unvalidated(file) := {line |
	some line in code.hits(file, _property)
	class := nest.class_line(file, line)
	file.indents[line] == min({indent | some number, indent in file.indents; number > class; indent > object.get(file.indents, class, 0)})
	not regex.match(`(?i)class[ \t]+[A-Za-z0-9]*(response|output|view|result|summary|detail|page|list|reply|answer)[A-Za-z0-9]*\b`, file.rows[class])
	not regex.match(`[(]|\bstatic\b|@Exclude`, file.rows[line])
	not regex.match(_decorated, concat("\n", [code.decorators(file, line), file.rows[line]]))
}

unvalidated contains class if {
	some file in diff.server
	paths.dto(file.path)
	not regex.match(`(?i)response|output|view|result|event`, file.path)
	lines := _unvalidated(file)
	some head in {nest.class_line(file, line) | some line in lines}
	own := {line | some line in lines; nest.class_line(file, line) == head}
	name := regex.find_all_string_submatch_n(`class[ \t]+([A-Za-z0-9_]+)`, file.rows[head], 1)[0][1]
	not _only_answered(name)
	class := {
		"file": statements.brief(file),
		"line": min(own),
		"class": name,
		"properties": [_name(file.rows[line]) | some line in own],
	}
}

# What endpoints of the change return and none takes.
_only_answered(name) if {
	not name in taken
	some file in nest.controllers
	regex.match(concat("", [`(?:Promise<|\):[ \t]*|type:[ \t]*\[?)`, name, `(?:[^0-9A-Za-z_]|$)`]), file.text)
}

_name(row) := regex.find_all_string_submatch_n(`^[ \t]+(?:readonly[ \t]+|public[ \t]+)?([A-Za-z_$][A-Za-z0-9_$]*)`, row, 1)[0][1]

# The classes that the controllers of the change take as a body or a query.
taken := {match[1] |
	some file in nest.controllers
	some match in regex.find_all_string_submatch_n(`@(?:Body|Query)\([^()]*(?:\([^()]*\)[^()]*)*\)[ \t\n]*[A-Za-z_$][0-9A-Za-z_$]*[?]?[ \t]*:[ \t]*([A-Z][0-9A-Za-z_]*)`, file.text, -1)
}
