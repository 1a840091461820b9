# METADATA
# title: Reading code by its lines
# description: |
#   Where a pattern stands, and how far a statement, a block or a function reaches. A block ends by its indentation, as
#   prettier writes it: that needs no parser, and holds for code with brackets in strings.
package forge.code

import rego.v1

# The numbers of the added lines whose code matches; `^` stands for the start of the line.
hits(file, pattern) := _hits(file.added, pattern)

# The same with comments, for rules that speak about them.
raw_hits(file, pattern) := _hits(file.raw, pattern)

# The numbers of all lines in sight, those of the context included: for a block whose inside has changed.
sights(file, pattern) := _hits(file.seen, pattern)

# The added line that a finding about lines `first` to `last` stands on; undefined if the change did not touch them.
touched(file, first, _) := first if first in file.new

touched(file, first, last) := min(added) if {
	not first in file.new
	added := {number | some number in numbers.range(first, max([first, last])); number in file.new}
	count(added) > 0
}

_hits(text, pattern) := {to_number(found[1]) |
	some found in regex.find_all_string_submatch_n(_in_a_line(pattern), text, -1)
}

_in_a_line(pattern) := concat("", [`(?m)^([0-9]+)\t(?:`, substring(pattern, 1, -1), `)`]) if startswith(pattern, "^")

_in_a_line(pattern) := concat("", [`(?m)^([0-9]+)\t.*(?:`, pattern, `)`]) if not startswith(pattern, "^")

# The code of line `first` to `last`, as far as the diff shows it.
text(file, first, last) := concat("\n", [file.rows[number] |
	some number in numbers.range(first, max([first, last]))
	file.rows[number]
])

# The statement or block that line `number` opens: {text, last, closed}. `} else {`, `} catch (e) {` and
# `): Promise<void> {` go on with it. Not closed: the diff stops before it does.
block(file, number) := _until(file, number, [next |
	some next in _dedents(file, number)
	not regex.match(`^[ \t]*([})\]].*[{(\[]|[{])[ \t]*$`, file.rows[next])
])

# The same up to the first line that is indented no deeper: a `try` without its `catch`.
body(file, number) := _until(file, number, _dedents(file, number))

_reach := 400

_until(file, number, ends) := {"text": text(file, number, last), "last": last, "closed": true} if {
	end := ends[0]
	last := end - count({1 | not _closes(file, number, end)})
}

_until(file, number, ends) := {"text": text(file, number, last), "last": last, "closed": _balanced(file.rows[number])} if {
	count(ends) == 0
	last := _edge(file, number) - 1
}

# The bracket of an outer block is not this one's.
_closes(file, number, end) if {
	file.indents[end] == object.get(file.indents, number, 0)
	regex.match(`^[ \t]*[})\]]`, file.rows[end])
}

_balanced(row) if {
	strings.count(row, "(") == strings.count(row, ")")
	strings.count(row, "{") == strings.count(row, "}")
}

# The first number below that the diff does not show.
_edge(file, number) := min({number + _reach} | {next |
	some next in numbers.range(number + 1, number + _reach)
	not file.rows[next]
})

_dedents(file, number) := [next |
	own := object.get(file.indents, number, 0)
	edge := _edge(file, number)
	some next in numbers.range(number + 1, number + _reach)
	next < edge
	file.indents[next] <= own
]

# The function or method around line `number`: {text, first, last, closed}; undefined where the diff does not show
# its beginning.
scope(file, number) := object.union(block(file, first), {"first": first}) if {
	first := max({candidate |
		some candidate in file.functions
		candidate <= number
		number - candidate < _reach
		_opens_a_function(file, candidate)
		_reaches(file, candidate, number)
	})
}

_reaches(_, candidate, number) if candidate == number

_reaches(file, candidate, number) if {
	file.indents[candidate] < object.get(file.indents, number, 1000)
	block(file, candidate).last >= number
}

_opens_a_function(file, candidate) if {
	row := file.rows[candidate]
	not regex.match(`^[ \t]*(if|for|while|switch|catch|return|await|throw|new|else|do|super|constructor)\b`, row)
	not regex.match(`[(][ \t]*$`, row)
}

# Parameters on lines of their own: a call looks the same until its bracket closes.
_opens_a_function(file, candidate) if {
	row := file.rows[candidate]
	regex.match(`[(][ \t]*$`, row)
	some next in array.slice(_dedents(file, candidate), 0, 1)
	regex.match(`^[ \t]*[)].*([{]|=>)[ \t]*$`, file.rows[next])
}

# The lines above a declaration that belong to it: its decorators, also those over several lines.
decorators(file, number) := text(file, first, number - 1) if {
	first := 1 + max({number - 60, 0} | {line |
		some line in numbers.range(max([1, number - 60]), max([1, number - 1]))
		line < number
		_parts(file, line, object.get(file.indents, number, 0))
	})
	first < number
}

else := ""

_parts(file, line, _) if not file.rows[line]

_parts(file, line, _) if file.rows[line] == ""

_parts(file, line, own) if {
	file.indents[line] <= own
	regex.match(`([;{]|^[ \t]*[}])[ \t]*$`, file.rows[line])
	not regex.match(`^[ \t]*@`, file.rows[line])
}
