# METADATA
# title: Tags in JSX and HTML
# description: |
#   Every opening tag that begins in an added line of a component, over as many lines as its attributes take:
#   {file, line, name, text, tail}. `tail` is the line from the tag on. A tag whose end the diff does not show is left
#   out.
package forge.markup

import rego.v1

import data.forge.diff
import data.forge.paths
import data.forge.statements

_components contains file if {
	some file in diff.files
	regex.match(`[.](?:[jt]sx|html?|vue)$`, file.path)
	not paths.test(file.path)
	not paths.story(file.path)
	file.status != "removed"
}

# Attributes hold strings and braces; braces hold code, four deep.
_tag := concat("", [
	"^<[A-Za-z][0-9A-Za-z_.-]*(?:[ \\t\\n]+(?:[^<>{}\"']|\"[^\"]*\"|'[^']*'|",
	"\\{(?:[^{}]|\\{(?:[^{}]|\\{(?:[^{}]|\\{[^{}]*\\})*\\})*\\})*\\})*)?/?>",
])

tags contains tag if {
	some file in _components
	some line in file.new
	row := file.rows[line]
	contains(row, "<")
	parts := split(row, "<")
	some i, part in parts
	i > 0
	regex.match(`^[A-Za-z]`, part)
	# A type argument stands right behind a name, a tag does not.
	not regex.match(`[0-9A-Za-z_.)]$`, parts[i - 1])
	tail := concat("<", array.concat([""], array.slice(parts, i, count(parts))))
	text := _opening(file, line, tail)
	tag := {
		"file": statements.brief(file),
		"line": line,
		"name": regex.find_n(`[A-Za-z][0-9A-Za-z_.-]*`, text, 1)[0],
		"text": text,
		"tail": tail,
	}
}

# Most tags end in their line; only the others are worth looking further.
_opening(_, _, tail) := regex.find_n(_tag, tail, 1)[0]

_opening(file, line, tail) := regex.find_n(_tag, _ahead(file, line, tail), 1)[0] if {
	count(regex.find_n(_tag, tail, 1)) == 0
}

_ahead(file, line, tail) := concat("\n", array.concat([tail], array.slice(statements.below(file, line), 1, 30)))

# The tag has the attribute, with or without a value.
has(tag, name) if regex.match(concat("", [`[ \t\n{](?:`, name, `)(?:[ \t\n]*=|[ \t\n/>])`]), tag.text)

# Attributes from elsewhere may hold anything.
spreads(tag) if contains(tag.text, "{...")

# What stands between the tag and its end, as far as the diff shows it; undefined for a tag without children.
# The full path: regorus finds no rule of another package by its short name in a function that is called from a third.
children(tag) := inside if {
	not endswith(tag.text, "/>")
	ahead := _ahead(data.forge.statements.file_of[tag.file.path], tag.line, tag.tail)
	parts := split(substring(ahead, count(tag.text), -1), concat("", ["</", tag.name, ">"]))
	count(parts) > 1
	inside := parts[0]
}

# The words of class names, without those under a condition (hover:, dark:, md:).
classes(tag) := {word |
	some match in regex.find_all_string_submatch_n(`class(?:Name)?=(?:"([^"]*)"|'([^']*)'|\{([^}]*(?:\{[^}]*\}[^}]*)*)\})`, tag.text, -1)
	some word in regex.find_n(`[^ \t\n"'\x60,(){}]+`, concat(" ", array.slice(match, 1, 4)), -1)
}
