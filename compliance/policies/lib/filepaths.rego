# METADATA
# title: Paths of files in controllers
# description: |
#   Files that a controller opens at a path built from a word of the request as it came: {file, line, name}. A pipe on the
#   parameter, a base name, a list of what is allowed or a check of the resolved path makes the word harmless.
package forge.filepaths

import rego.v1

import data.forge.code
import data.forge.nest
import data.forge.statements

_opens := `(?:^|[^0-9A-Za-z_$])(?:createReadStream|createWriteStream|readFile|readFileSync|writeFile|writeFileSync|sendFile|download|unlink|unlinkSync|openSync|readdir|readdirSync|rm|rmSync|copyFile|appendFile)\(`

_harmless := `(?i)basename\(|startsWith\(|sanitiz|sanitis|includes\(|[.]has\(|[.]test\(|[.]match\(|validat|assert|allowed|safe|relative\(|isUUID|parse\(|replace\(|whitelist|lookup`

# Methods whose words of the request nothing checks, by the lines that open a file.
opened contains {"file": statements.brief(file), "line": line, "name": name} if {
	some file in nest.controllers
	regex.match(_opens, file.added)
	some line in statements.hits(file, _opens)
	scope := code.scope(file, line)
	not regex.match(_harmless, scope.text)
	said := statements.arguments(file, line, _opens)
	some name in _raw_words(scope.text)
	_built_from(code.text(file, scope.first, line - 1), said, name)
}

_raw_words(text) := {match[1] |
	some match in regex.find_all_string_submatch_n(`@(?:Query|Param)\([ \t]*['"][^'"]+['"][ \t]*\)[ \t\n]*([A-Za-z_$][0-9A-Za-z_$]*)[?]?[ \t]*:[ \t]*string(?:[ \t\n]*[,)]|[ \t]*\|)`, text, -1)
}

_built_from(_, said, name) if _holds(said, name)

# Through a variable of the method.
_built_from(above, said, name) if {
	some match in regex.find_all_string_submatch_n(`(?:const|let|var)[ \t]+([A-Za-z_$][0-9A-Za-z_$]*)[^=\n]*=[ \t\n]*([^;]*);`, above, -1)
	_holds(match[2], name)
	_holds(said, match[1])
}

_holds(text, name) if regex.match(concat("", [`(?:^|[^0-9A-Za-z_$.'"])`, replace(name, "$", "[$]"), `(?:[^0-9A-Za-z_$:'"]|$)`]), text)
