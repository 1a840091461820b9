# METADATA
# title: UX Consistency
# description: |
#   Components, spacing and type come from the design system. `data.design_system` may name other components
#   (`components`), folders of the system (`paths`, patterns) and steps in px (`spacing`, `type`).
package forge.rules.r20

import rego.v1

import data.forge.code
import data.forge.diff
import data.forge.markup
import data.forge.paths
import data.forge.statements

_defaults := {
	"components": ["Button", "IconButton", "Input", "TextField", "Select", "Checkbox", "Radio", "Switch", "Toggle", "Textarea", "TextArea", "Modal", "Dialog", "Drawer", "Card", "Table", "DataTable", "Badge", "Tooltip", "Tabs", "Alert", "Toast", "Avatar", "Spinner", "Loader", "Dropdown", "Accordion", "Breadcrumb", "Pagination", "DatePicker", "Popover", "Chip"],
	"paths": ["**/ui/**", "**/design-system/**", "**/design-tokens/**", "**/theme/**", "**/tokens/**"],
	"spacing": [0, 1, 2, 4, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32, 36, 40, 44, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240, 256, 288, 320, 384],
	"type": [12, 14, 16, 18, 20, 24, 30, 36, 48, 60, 72, 96, 128],
}

_system := object.union(_defaults, _own_system)

default _own_system := {}

_own_system := data.design_system

_names := {name | some name in _system.components}

_own(path) if {
	some pattern in _system.paths
	glob.match(pattern, ["/"], path)
}

_own(path) if regex.match(`(?i)(?:theme|tokens|tailwind|emails?)[^/]*[.][a-z]+$|(?:^|/)emails?/`, path)

_pages contains file if {
	some file in diff.files
	regex.match(`[.](?:[jt]sx?|s?css|less)$`, file.path)
	not paths.test(file.path)
	not paths.story(file.path)
	not paths.script(file.path)
	not _own(file.path)
	file.status != "removed"
}

# --- Components ---

_adjectives := `(?:Custom|My|New|Own|Styled|Base|Fancy|Simple|Basic|Primary|Secondary|Rounded|Icon|Submit|Action|Danger|Generic|Nice|Big|Small|Local|Raw|Plain|Shared|Pretty|Better|Improved|Enhanced|Super|Reusable|Common|Legacy|Gradient|Outline|Outlined|Ghost|Animated)*`

_definition := `^(?:export[ \t]+)?(?:default[ \t]+)?(?:(?:const|let)[ \t]+([A-Z][0-9A-Za-z]*)[^=\n]*=[ \t]*(?:styled|\(|async|function|(?:React[.])?(?:memo|forwardRef|FC)|[a-z]+[ \t]*=>)|function[ \t]+([A-Z][0-9A-Za-z]*)|class[ \t]+([A-Z][0-9A-Za-z]*)[ \t]+extends[ \t]+(?:React[.])?(?:Pure)?Component)`

_hand_made := `<(?:button|input|select|textarea|dialog|div|table|span|a|View|Pressable|TouchableOpacity|TouchableHighlight|TextInput|Animated[.]View)(?:[ \t\n/>])|styled(?:[.]|\(['"])(?:button|input|select|textarea|dialog|div|table|span)`

found contains finding if {
	some file in _pages
	regex.match(`[.](?:[jt]sx)$`, file.path)
	some line in code.hits(file, _definition)
	match := regex.find_all_string_submatch_n(_definition, file.rows[line], 1)[0]
	some name in array.slice(match, 1, 4)
	system := _like_the_systems(name)
	body := code.block(file, line).text
	regex.match(_hand_made, body)
	not regex.match(concat("", [`<`, system, `(?:[ \t\n/>])`]), body)
	finding := diff.finding(
		"R20", file, line,
		sprintf("Custom component %s where the design system has %s.", [name, system]),
		"Use the component of the design system; if a variant is missing, add it there.",
	)
}

# The longest of the system's names that the name ends with, if only adjectives stand before it.
_like_the_systems(name) := fits[count(fits) - 1][1] if {
	name != ""
	fits := sort([[count(system), system] |
		some system in _names
		endswith(name, system)
		regex.match(concat("", [`^`, _adjectives, `$`]), trim_suffix(name, system))
	])
	count(fits) > 0
}

# A component with the system's name from somewhere else.
_import := `import[ \t]+(?:type[ \t]+)?(?:\{([^}]*)\}|([A-Z][0-9A-Za-z]*))[ \t]*from[ \t]*['"]([^'"]+)['"]`

_foreign := `^(?:@mui/|@material-ui/|antd|react-bootstrap|@chakra-ui/|semantic-ui-react|reactstrap|@mantine/|primereact|native-base|react-native-paper|react-native-elements|@headlessui/|@nextui-org/|flowbite-react|rsuite|grommet|evergreen-ui)`

found contains finding if {
	some file in _pages
	regex.match(`[.][jt]sx$`, file.path)
	some line in code.hits(file, `^import `)
	match := regex.find_all_string_submatch_n(_import, file.rows[line], 1)[0]
	regex.match(_foreign, match[3])
	taken := sort([name | some name in regex.find_n(`[A-Z][0-9A-Za-z]*`, concat(" ", [match[1], match[2]]), -1); name in _names])
	count(taken) > 0
	finding := diff.finding(
		"R20", file, line,
		sprintf("Custom component where the design system has one: %s from %s.", [concat(", ", taken), match[3]]),
		"Import it from the design system.",
	)
}

found contains finding if {
	some file in _pages
	regex.match(`[.][jt]sx$`, file.path)
	some line in code.hits(file, `^import `)
	match := regex.find_all_string_submatch_n(_import, file.rows[line], 1)[0]
	regex.match(`^[.]{1,2}/`, match[3])
	not regex.match(`(?:^|/)(?:ui|design-system)(?:/|$)`, match[3])
	taken := sort([name |
		some name in regex.find_n(`[A-Z][0-9A-Za-z]*`, concat(" ", [match[1], match[2]]), -1)
		name in _names | {concat("", [adjective, system]) | some adjective in ["Custom", "My", "Styled"]; some system in _names}
	])
	count(taken) > 0
	finding := diff.finding(
		"R20", file, line,
		sprintf("Custom component where the design system has one: %s from %s.", [concat(", ", taken), match[3]]),
		"Import it from the design system.",
	)
}

# The browser's own element, dressed by hand.
found contains finding if {
	some tag in markup.tags
	not _own(tag.file.path)
	tag.name in {"button", "select", "dialog", "textarea"}
	count({word | some word in markup.classes(tag); regex.match(`^(?:bg-|rounded|border|shadow)`, word)}) > 1
	not _inside_the_system(tag)
	finding := diff.finding(
		"R20", tag.file, tag.line,
		sprintf("Custom component where the design system has one: %s, dressed by hand.", [tag.name]),
		"Use the component of the design system with one of its variants.",
	)
}

# The definition above already says it.
_inside_the_system(tag) if {
	file := statements.file_of[tag.file.path]
	some line in code.hits(file, _definition)
	line <= tag.line
	tag.line - line < 30
	match := regex.find_all_string_submatch_n(_definition, file.rows[line], 1)[0]
	some name in array.slice(match, 1, 4)
	_like_the_systems(name)
}

# --- Spacing ---

_px(number, unit) := to_number(number) if unit in {"px", ""}

_px(number, "rem") := to_number(number) * 16

_off_scale(number, unit, scale) if {
	px := _px(number, unit)
	not px in scale
	not _a_multiple(px, scale)
}

# Beyond the last step every multiple of four will do.
_a_multiple(px, scale) if {
	px > max(scale)
	px % 4 == 0
}

_arbitrary := `(?:^|[ \t"'\x60:{-])-?(?:p|m|px|py|pt|pr|pb|pl|ps|pe|mx|my|mt|mr|mb|ml|ms|me|gap|gap-x|gap-y|space-x|space-y|inset|top|right|bottom|left)-\[(-?[0-9.]+)(px|rem)\]`

_spacing := `(?:^|[\t {;,'"(])(?:padding|margin|gap|rowGap|columnGap|row-gap|column-gap|(?:padding|margin)(?:-?(?:[tT]op|[rR]ight|[bB]ottom|[lL]eft|[hH]orizontal|[vV]ertical|[iI]nline|[bB]lock|[sS]tart|[eE]nd)))['"]?[ ]*:[ ]*['"]?([^;,}'"]+)`

_spaced contains {"file": statements.brief(file), "line": line} if {
	some file in _pages
	some line in code.hits(file, `-\[-?[0-9.]+(?:px|rem)\]`)
	some match in regex.find_all_string_submatch_n(_arbitrary, file.rows[line], -1)
	_off_scale(trim_prefix(match[1], "-"), match[2], _system.spacing)
}

_spaced contains {"file": statements.brief(file), "line": line} if {
	some file in _pages
	regex.match(`[.](?:[jt]sx|s?css|less)$|[sS]tyles?[.][jt]s$`, file.path)
	some line in code.hits(file, `(?:padding|margin|[gG]ap)[A-Za-z-]*['"]?[ ]*:`)
	some match in regex.find_all_string_submatch_n(_spacing, file.rows[line], -1)
	not regex.match(`calc|var\(|[$]|theme|[?]`, match[1])
	some value in regex.find_all_string_submatch_n(`(?:^|[ -])([0-9]+(?:[.][0-9]+)?)(px|rem|)(?:[ ]|$)`, concat("", [replace(match[1], " ", "  "), " "]), -1)
	_unit_is_length(file.path, value)
	_off_scale(value[1], value[2], _system.spacing)
}

# CSS writes its units; a bare number there is a zero or no length.
_unit_is_length(path, value) if not regex.match(`css$|less$`, path)

_unit_is_length(path, value) if value[2] != ""

found contains finding if {
	some place in _spaced
	finding := diff.finding(
		"R20", place.file, place.line,
		"Off-scale spacing.",
		"Take the nearest step of the spacing scale (p-3 is 12 px, p-4 is 16 px).",
	)
}

# --- Type ---

_family := `(?:fontFamily|font-family)['"]?[ ]*:[ ]*(['"]?[^;]+)`

_wrong_type(file, line) if {
	some match in regex.find_all_string_submatch_n(`(?:fontSize|font-size)['"]?[ ]*:[ ]*['"]?([0-9.]+)(px|rem|)(?:['";, }]|$)`, file.rows[line], -1)
	_off_scale(match[1], match[2], _system.type)
}

_wrong_type(file, line) if regex.match(`(?:^|[ \t"'\x60:])(?:text-\[[0-9.]+(?:px|rem|em|pt)\]|font-\[[^\]]+\]|leading-\[[0-9.]+(?:px|rem|em)?\]|tracking-\[[^\]]+\])`, file.rows[line])

_wrong_type(file, line) if {
	some match in regex.find_all_string_submatch_n(_family, file.rows[line], -1)
	not regex.match(`var\(|inherit|theme|tokens|typography|[fF]onts?[.\[]|^[ ]*[a-zA-Z]+[.]|[$]|initial|Platform`, match[1])
	regex.match(`['"][A-Za-z]|^[A-Z]`, match[1])
}

_wrong_type(file, line) if {
	regex.match(`(?:^|[\t {;,])(?:fontSize|font-size)['"]?[ ]*:[ ]*['"]?[0-9.]+(?:pt|em|vw)`, file.rows[line])
}

_wrong_type(file, line) if regex.match(`<(?:font|center|big|marquee)[ >]`, file.rows[line])

found contains finding if {
	some file in _pages
	some line in code.hits(file, `font|text-\[|leading-\[|tracking-\[|<(?:font|center|big|marquee)[ >]`)
	not contains(file.rows[line], "@font-face")
	regex.match(`[.](?:[jt]sx|s?css|less)$|[sS]tyles?[.][jt]s$`, file.path)
	_wrong_type(file, line)
	finding := diff.finding(
		"R20", file, line,
		"Wrong typography: size or font stands outside the type scale.",
		"Use the type tokens (text-sm, text-base, font-sans), or the Text component of the design system.",
	)
}
