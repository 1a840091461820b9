# METADATA
# title: Contrast of text
# description: |
#   Where the change puts text on a background that it cannot be read on: {file, line, text, background, ratio}. WCAG's
#   formula; sRGB's curve by a polynomial, which is exact to the second digit.
package forge.contrast

import rego.v1

import data.forge.code
import data.forge.diff
import data.forge.markup
import data.forge.palette
import data.forge.paths
import data.forge.statements

_digits := {"0": 0, "1": 1, "2": 2, "3": 3, "4": 4, "5": 5, "6": 6, "7": 7, "8": 8, "9": 9, "a": 10, "b": 11, "c": 12, "d": 13, "e": 14, "f": 15}

# Only opaque colours: what shines through has no contrast of its own.
_luminance(colour) := ((0.2126 * _linear(six, 0)) + (0.7152 * _linear(six, 2))) + (0.0722 * _linear(six, 4)) if six := _six(lower(colour))

_six(colour) := substring(colour, 1, 6) if regex.match(`^#[0-9a-f]{6}$`, colour)

_six(colour) := concat("", [r, r, g, g, b, b]) if {
	regex.match(`^#[0-9a-f]{3}$`, colour)
	[r, g, b] := [substring(colour, i, 1) | some i in [1, 2, 3]]
}

_six("white") := "ffffff"

_six("black") := "000000"

_linear(six, at) := c * ((c * ((c * 0.305306011) + 0.682171111)) + 0.012522878) if {
	c := ((16 * _digits[substring(six, at, 1)]) + _digits[substring(six, at + 1, 1)]) / 255
}

# In hundredths, so that both engines write the same number.
_ratio(one, other) := floor(100 * ((max(pair) + 0.05) / (min(pair) + 0.05))) / 100 if pair := [_luminance(one), _luminance(other)]

_text_tags := {"p", "span", "label", "h1", "h2", "h3", "h4", "h5", "h6", "small", "strong", "em", "li", "td", "th", "a", "button", "div", "Text", "Button", "time", "dd", "dt", "figcaption", "legend", "Badge", "Label", "Typography"}

# --- Tailwind's classes ---

# Colour and background in one tag.
faults contains fault if {
	some tag in markup.tags
	classes := markup.classes(tag)
	texts := {palette.hex[substring(word, 5, -1)] | some word in classes; startswith(word, "text-")}
	grounds := {palette.hex[substring(word, 3, -1)] | some word in classes; startswith(word, "bg-")}
	fault := _judged(tag.file, tag.line, texts, grounds, _least(texts))
}

# White on a strong colour is what buttons are; WCAG asks 3 to 1 of large and bold text.
_least(texts) := 3 if "#ffffff" in texts

_least(texts) := 4.5 if not "#ffffff" in texts

# Pale text without a background of its own stands on the page's, which is white where nothing around it is dark.
faults contains fault if {
	some tag in markup.tags
	tag.name in _text_tags - {"button", "Button", "Badge"}
	classes := markup.classes(tag)
	texts := {palette.hex[substring(word, 5, -1)] | some word in classes; startswith(word, "text-"); word != "text-white"}
	count({word | some word in classes; startswith(word, "bg-")}) == 0
	not _dark_around(tag)
	not regex.match(`style=|dark:|aria-hidden|disabled`, tag.text)
	fault := _judged(tag.file, tag.line, texts, {"#ffffff"}, 2.6)
}

_dark_around(tag) if regex.match(
	`bg-(?:[a-z]+-(?:[5-9]00|950)|black|primary|secondary|brand|\[#[0-6])|dark|[Bb]ackground`,
	code.text(statements.file_of[tag.file.path], max([1, tag.line - 25]), tag.line),
)

_judged(file, line, texts, grounds, least) := {"file": {"path": file.path}, "line": line, "text": text, "background": ground, "ratio": ratio} if {
	count(texts) == 1
	count(grounds) == 1
	some text in texts
	some ground in grounds
	ratio := _ratio(text, ground)
	ratio < least
}

# --- Styles: JSX, StyleSheet.create and CSS ---

_styled contains file if {
	some file in diff.files
	regex.match(`[.](?:[jt]sx?|s?css|less)$`, file.path)
	not paths.test(file.path)
	not paths.story(file.path)
	regex.match(`color`, file.added)
}

_colour := `(?:^|[\t {;,'"(])color['"]?:[ ]*['"]?(#[0-9a-fA-F]{6}|#[0-9a-fA-F]{3}|white|black)(?:[^0-9a-zA-Z]|$)`

_ground := `(?i)(?:^|[\t {;,'"(\n])background(?:-?color)?['"]?:[ ]*['"]?(#[0-9a-f]{6}|#[0-9a-f]{3}|white|black)(?:[^0-9a-z]|$)`

faults contains fault if {
	some file in _styled
	some line in code.hits(file, `color['"]?:`)
	match := regex.find_all_string_submatch_n(_colour, file.rows[line], 1)[0]
	block := _block(file, line)
	grounds := {ground[1] | some ground in regex.find_all_string_submatch_n(_ground, block, -1)}
	fault := _judged(file, line, {match[1]}, grounds, 4.5)
}

faults contains fault if {
	some file in _styled
	some line in code.hits(file, `background`)
	match := regex.find_all_string_submatch_n(_ground, file.rows[line], 1)[0]
	block := _block(file, line)
	texts := {text[1] | some text in regex.find_all_string_submatch_n(_colour, replace(block, "\n", " "), -1)}
	not regex.match(_colour, file.rows[line])
	not _colour_is_new(file, line)
	fault := _judged(file, line, texts, {match[1]}, 4.5)
}

_colour_is_new(file, line) if {
	some other in code.hits(file, `color['"]?:`)
	abs(other - line) < 12
	regex.match(_colour, file.rows[other])
}

# Pale text in a component's own style, without any background in sight.
faults contains fault if {
	some file in _styled
	some line in code.hits(file, `color['"]?:`)
	match := regex.find_all_string_submatch_n(_colour, file.rows[line], 1)[0]
	not match[1] in {"white", "#fff", "#ffffff", "#FFF", "#FFFFFF"}
	not regex.match(`(?i)background|dark|placeholder|icon|disabled|border|navbar|footer|header|overlay`, code.text(file, max([1, line - 12]), line + 8))
	fault := _judged(file, line, {match[1]}, {"#ffffff"}, 2.6)
}

# The braces around the line: from the last row that opens one to the next that closes it.
_block(file, line) := file.rows[line] if regex.match(`[{][^{}]*[}]`, file.rows[line])

_block(file, line) := code.text(file, first, last) if {
	not regex.match(`[{][^{}]*[}]`, file.rows[line])
	first := max({line - 12, 1} | {number | some number in numbers.range(max([1, line - 12]), line); regex.match(`[{][ \t]*$`, file.rows[number])})
	last := min({line + 12} | {number | some number in numbers.range(line, line + 12); regex.match(`^[ \t]*[}]`, file.rows[number])})
}
