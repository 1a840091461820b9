# METADATA
# title: Reading code by its lines
# description: |
#   Where a pattern stands, and how far a statement, a block or a function reaches. A block ends by its indentation, as
#   prettier writes it: that needs no parser, and holds for code with brackets in strings.
package forge.code

import rego.v1

# The numbers of the added lines whose code matches; a pattern may begin with `^` or `(?i)^`, the start of the line.
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
	some found in regex.find_all_string_submatch_n(in_a_line(`([0-9]+)`, pattern), text, -1)
}

# The pattern for the code of a line that begins with its number.
in_a_line(number, pattern) := concat("", [`(?m)^`, number, `\t(?:`, substring(pattern, 1, -1), `)`]) if startswith(pattern, "^")

in_a_line(number, pattern) := concat("", [`(?mi)^`, number, `\t(?:`, substring(pattern, 5, -1), `)`]) if {
	startswith(pattern, "(?i)^")
}

in_a_line(number, pattern) := concat("", [`(?m)^`, number, `\t.*(?:`, pattern, `)`]) if {
	not startswith(pattern, "^")
	not startswith(pattern, "(?i)^")
}

# The code of line `first` to `last`, as far as the diff shows it.
text(file, first, last) := concat("\n", [file.rows[number] |
	some number in numbers.range(first, max([first, last]))
	file.rows[number]
])

# The statement or block that line `number` opens: {text, last, closed}. `} else {`, `} catch (e) {` and
# `): Promise<void> {` go on with it. Not closed: the diff stops before it does.
block(file, number) := object.union(extent(file, number), {"text": text(file, number, extent(file, number).last)})

# The same up to the first line that is indented no deeper: a `try` without its `catch`.
body(file, number) := {"text": text(file, number, found.last), "last": found.last, "closed": found.closed} if {
	found := _until(file, number, _dedent(file, number))
}

# How far a block reaches: {last, closed}.
extent(file, number) := _until(file, number, _end(file, number))

# Most blocks end soon: the far lines are looked at only if the near ones do not tell.
_steps := [[1, 12], [13, 60], [61, 400]]

_dedent(file, number) := next if {
	next := _dedents(file, number, 0)[0]
} else := next if {
	next := _dedents(file, number, 1)[0]
} else := next if {
	next := _dedents(file, number, 2)[0]
} else := 0

_dedents(file, number, step) := [next |
	own := object.get(file.indents, number, 0)
	some next in numbers.range(number + _steps[step][0], number + _steps[step][1])
	_is_end(file, next, own)
]

# A line that is not deeper, or the first one that the diff does not show.
_is_end(file, next, own) if file.indents[next] <= own

_is_end(file, next, _) if not file.rows[next]

_end(file, number) := next if {
	next := _ends(file, number, 0)[0]
} else := next if {
	next := _ends(file, number, 1)[0]
} else := next if {
	next := _ends(file, number, 2)[0]
} else := 0

_ends(file, number, step) := [next |
	some next in _dedents(file, number, step)
	not _goes_on(file, next)
]

_goes_on(file, next) if regex.match(`^[ \t]*([})\]].*[{(\[]|[{])[ \t]*$`, file.rows[next])

_until(file, number, end) := {"last": end, "closed": true} if {
	end > 0
	_closes(file, number, end)
}

_until(file, number, end) := {"last": end - 1, "closed": true} if {
	end > 0
	file.rows[end]
	not _closes(file, number, end)
}

# The diff ends first: all the same closed, if the line stands for itself.
_until(file, number, end) := {"last": end - 1, "closed": _balanced(file.rows[number])} if {
	end > 0
	not file.rows[end]
}

_until(_, number, end) := {"last": number + 400, "closed": false} if end == 0

# The bracket of an outer block is not this one's.
_closes(file, number, end) if {
	file.indents[end] == object.get(file.indents, number, 0)
	regex.match(`^[ \t]*[})\]]`, file.rows[end])
}

default _balanced(_) := false

_balanced(row) if {
	strings.count(row, "(") == strings.count(row, ")")
	strings.count(row, "{") == strings.count(row, "}")
}

# The function or method around line `number`: {text, first, last, closed}; undefined where the diff does not show
# its beginning.
scope(file, number) := {"text": text(file, first, found.last), "first": first, "last": found.last, "closed": found.closed} if {
	first := max({opener |
		some opener, reach in file.functions
		opener <= number
		reach.last >= number
		_outside(file, opener, number)
	})
	found := file.functions[first]
}

_outside(_, opener, number) if opener == number

_outside(file, opener, number) if file.indents[opener] < object.get(file.indents, number, 1000)

# Whether the line opens a function, and not a call or a condition that looks like one.
opens_a_function(file, number) if {
	row := file.rows[number]
	not regex.match(`^[ \t]*(if|for|while|switch|catch|return|await|throw|new|else|do|super|constructor)\b`, row)
	not regex.match(`[(][ \t]*$`, row)
}

# Parameters on lines of their own: a call looks the same until its bracket closes.
opens_a_function(file, number) if {
	regex.match(`[(][ \t]*$`, file.rows[number])
	regex.match(`^[ \t]*[)].*([{]|=>)[ \t]*$`, file.rows[_dedent(file, number)])
}

# The lines above a declaration that belong to it: its decorators, also those over several lines.
decorators(file, number) := text(file, first, number - 1) if {
	first := _above(file, number, 8)
	first < number
} else := ""

_above(file, number, reach) := 1 + max(_partings(file, number, reach)) if count(_partings(file, number, reach)) > 0

_above(file, number, reach) := 1 + max({number - 60, 0} | _partings(file, number, 60)) if {
	count(_partings(file, number, reach)) == 0
}

_partings(file, number, reach) := {line |
	some line in numbers.range(max([1, number - reach]), max([1, number - 1]))
	line < number
	_parts(file, line, object.get(file.indents, number, 0))
}

_parts(file, line, _) if not file.rows[line]

_parts(file, line, _) if file.rows[line] == ""

_parts(file, line, own) if {
	file.indents[line] <= own
	regex.match(`([;{]|^[ \t]*[}])[ \t]*$`, file.rows[line])
	not regex.match(`^[ \t]*@`, file.rows[line])
}
