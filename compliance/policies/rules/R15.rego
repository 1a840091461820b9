# METADATA
# title: TODO/FIXME Handling
# description: Notes that are done, that say nothing, that nobody tracks, or whose day has passed.
package forge.rules.r15

import rego.v1

import data.forge.comments
import data.forge.diff
import data.forge.paths
import data.forge.statements

# In capitals anywhere in a comment; in small letters only where the comment begins with it and goes on like a note.
_note := `(?:^|[^0-9A-Za-z_"'\x60-])(TODO|FIXME)(?:[^0-9A-Za-z_"'\x60]|$)|^@?(?i:todo|fixme)(?:[ ]*[:(\[]|$)|@(?i:todo|fixme)(?:[^0-9A-Za-z]|$)`

_notes contains {"file": comment.file, "line": comment.line, "text": text, "kind": kind} if {
	some comment in comments.all
	head := regex.find_n(_note, comment.text, 1)[0]
	kind := upper(regex.find_n(`(?i)todo|fixme`, head, 1)[0])
	said := substring(comment.text, indexof(comment.text, head), -1)
	text := _whole_note(comment, regex.replace(said, `[ \t]*(?:\*/|-->).*$`, ""))
}

# A note goes on in the next comment lines, as far as they begin small and hold no note of their own.
_whole_note(comment, said) := concat(" ", array.concat([said], [other.text |
	some step in [1, 2]
	some other in comments.all
	other.file.path == comment.file.path
	other.line == comment.line + step
	regex.match(`^[a-z(]`, other.text)
	not regex.match(_note, other.text)
]))

_done := `(?i)(?:^|[^0-9a-z])(?:done|fixed|resolved|completed|implemented already|already (?:done|implemented|fixed|handled)|(?:is|was|now|been) implemented|no longer (?:needed|necessary|applies|relevant)|not needed any ?more|obsolete|\[x\]|✓|✔|✅|finished|addressed)(?:[^0-9a-z]|$)`

_not_yet := `(?i)(?:once|when|until|after|if|not|be|to be|should be|needs to be|gets?|has|have|is)[ ](?:[a-z0-9#-]+[ ]){0,5}(?:done|fixed|resolved|completed|finished|addressed)`

_resolved contains note if {
	some note in _notes
	regex.match(_done, note.text)
	not regex.match(_not_yet, note.text)
}

found contains finding if {
	some note in _resolved
	finding := diff.finding(
		"R15", note.file, note.line,
		sprintf("%s left behind although its work is done.", [note.kind]),
		"Remove the comment: the history keeps it.",
	)
}

# "TODO: validate email" above `validateEmail(`: the name that the next lines call holds the words of the note.
found contains finding if {
	some note in _notes
	not note in _resolved
	words := [lower(word) | some word in regex.find_n(`[A-Za-z]{4,}`, regex.replace(note.text, `(?i)todo|fixme`, ""), 5)]
	count(words) > 1
	rows := array.slice(statements.below(statements.file_of[note.file.path], note.line), 1, 5)
	some name in regex.find_n(`[A-Za-z]{8,}[ ]*\(`, concat("\n", rows), -1)
	startswith(lower(name), substring(words[0], 0, 5))
	contains(lower(name), substring(words[1], 0, 5))
	finding := diff.finding(
		"R15", note.file, note.line,
		sprintf("%s left behind although its work is done.", [note.kind]),
		"Remove the comment: the lines below do what it asks for.",
	)
}

# --- Notes that stood there before, and whose work the change does right below them ---

_old_notes contains {"file": statements.brief(file), "line": entry[0], "text": said} if {
	some file in diff.files
	not paths.markdown(file.path)
	some entry in file.notes
	comment := regex.find_n(`(?://+|/\*|#|--|<!--|^[ \t]*\*)[ \t]*.*$`, entry[1], 1)[0]
	regex.match(_note, comment)
	said := substring(comment, indexof(comment, regex.find_n(_note, comment, 1)[0]), -1)
}

_work_below(note) := [row |
	file := statements.file_of[note.file.path]
	some number in numbers.range(note.line + 1, note.line + 12)
	number in file.new
	row := file.rows[number]
	trim_space(row) != ""
]

_closed_tickets := {regex.find_n(`#?[0-9A-Z-]+$`, match, 1)[0] |
	some sentence in regex.find_n(`(?i)(?:^|[^a-z])(?:clos(?:e|es|ed|ing)|fix(?:es|ed)?|resolv(?:e|es|ed)|implement(?:s|ed)?|complet(?:e|es|ed)|finish(?:es|ed)?)[ :]+[^\n]*`, concat("\n", [diff.title, diff.description]), -1)
	some match in regex.find_n(`(?:[A-Z][A-Z0-9]+-|#)[0-9]+`, sentence, -1)
}

found contains finding if {
	some note in _old_notes
	some ticket in regex.find_n(`(?:[A-Z][A-Z0-9]+-|#)[0-9]+`, note.text, -1)
	ticket in _closed_tickets
	count(_work_below(note)) > 0
	finding := _left_behind(note)
}

found contains finding if {
	some note in _old_notes
	words := [lower(word) | some word in regex.find_n(`[A-Za-z]{4,}`, regex.replace(note.text, `(?i)(?:todo|fixme)(?:\([^()]*\))?`, ""), 5)]
	count(words) > 1
	some name in regex.find_n(`[A-Za-z]{8,}[ ]*\(`, concat("\n", array.slice(_work_below(note), 0, 5)), -1)
	startswith(lower(name), substring(words[0], 0, 5))
	contains(lower(name), substring(words[1], 0, 5))
	finding := _left_behind(note)
}

_left_behind(note) := diff.finding(
	"R15", note.file, note.line,
	"The note is left behind although this change does its work.",
	"Remove the comment: the lines below do what it asks for.",
)

_empty_words := {
	"todo", "fixme", "fix", "this", "that", "it", "later", "implement", "here", "refactor", "clean", "cleanup",
	"up", "me", "improve", "remove", "add", "update", "check", "handle", "better", "tests", "test", "soon",
	"please", "needs", "need", "work", "change", "do", "something", "stuff", "review", "the", "a", "an", "to",
	"and", "in", "of", "for", "be", "should", "must", "make", "we", "i", "is", "code", "properly", "proper",
	"correctly", "finish", "complete", "revisit", "rethink", "temporary", "temp", "now", "maybe", "not", "sure",
	"why", "broken", "ugly", "look", "at", "into", "somehow", "someday", "optimize", "optimise", "rewrite", "more",
	"some", "investigate", "function", "method", "nicer", "good", "enough", "next", "time", "tomorrow", "asap",
	"tbd", "etc", "ok", "one", "ones", "other", "others", "all", "also", "case", "cases", "thing", "things",
	"different", "these", "those", "with", "by", "from", "too", "as", "well", "on", "if", "or", "has", "have",
	"can", "will", "there", "still", "new", "old",
}

# Two words are a topic, no context, unless somebody owns the note.
_least(note) := 2 if regex.match(`(?i)todo[ ]*\([^)]+\)|@[a-z]`, note.text) else := 3

found contains finding if {
	some note in _notes
	note.kind == "TODO"
	not note in _resolved
	not comments.tracked(note.text)
	words := {lower(word) | some word in regex.find_n(`[A-Za-z]+`, regex.replace(note.text, `(?i)@?todo[ ]*\([^)]*\)`, ""), -1)}
	count(words - _empty_words) < _least(note)
	finding := diff.finding(
		"R15", note.file, note.line,
		"TODO without context: nobody can tell what is missing, or why.",
		"Say what is missing and why, and name the issue; or do it now.",
	)
}

found contains finding if {
	some note in _notes
	note.kind == "FIXME"
	not note in _resolved
	not comments.tracked(note.text)
	finding := diff.finding(
		"R15", note.file, note.line,
		"FIXME without an issue: a known fault that nobody tracks.",
		"Open an issue and name it in the comment, or mend it in this change.",
	)
}

# --- Notes whose day has passed; the tests give the day as data.today ---

_today := data.today

_today := sprintf("%04d-%02d-%02d", time.date(time.now_ns())) if not data.today

_months := {"jan": "01", "feb": "02", "mar": "03", "apr": "04", "may": "05", "jun": "06", "jul": "07", "aug": "08", "sep": "09", "oct": "10", "nov": "11", "dec": "12"}

_quarters := {"1": "03", "2": "06", "3": "09", "4": "12"}

# The days that a note names, as far as it names them: comparing texts compares days.
_days(text) := {day |
	some match in regex.find_all_string_submatch_n(`(20[0-9]{2})[-/.]([01][0-9])(?:[-/.]([0-3][0-9]))?`, text, -1)
	day := concat("-", [match[1], match[2], array.concat([part | some part in [match[3]]; part != ""], ["31"])[0]])
} | {day |
	some match in regex.find_all_string_submatch_n(`(?i)(?:^|[^0-9a-z])(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[ ,.]+(?:[0-9]{1,2}[ ,]+)?(20[0-9]{2})`, text, -1)
	day := concat("-", [match[2], _months[lower(match[1])], "31"])
} | {day |
	some match in regex.find_all_string_submatch_n(`(?i)q([1-4])[ /-]*(20[0-9]{2})`, text, -1)
	day := concat("-", [match[2], _quarters[match[1]], "31"])
} | {day |
	some match in regex.find_all_string_submatch_n(`(20[0-9]{2})[ /-]*[qQ]([1-4])`, text, -1)
	day := concat("-", [match[1], _quarters[match[2]], "31"])
} | {day |
	some match in regex.find_all_string_submatch_n(`(?i)(?:by|until|till|before|after|since|from|in|due:?|end of|summer|winter|spring|autumn|fall|\([^)]*)[ ,]*(20[0-9]{2})(?:[^0-9-]|$)`, text, -1)
	day := concat("-", [match[1], "12", "31"])
}

found contains finding if {
	some note in _notes
	days := _days(regex.replace(note.text, `https?://[^ ]*`, ""))
	count(days) > 0
	max(days) < _today
	finding := diff.finding(
		"R15", note.file, note.line,
		sprintf("Stale %s: its date has passed.", [note.kind]),
		"Do what it asks for, or drop it; if it still waits, say for what, with an issue instead of a date.",
	)
}
