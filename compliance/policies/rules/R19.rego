# METADATA
# title: Accessibility Requirements
# description: Names of controls, alt texts, the keyboard, and contrast.
package forge.rules.r19

import rego.v1

import data.forge.contrast
import data.forge.diff
import data.forge.markup
import data.forge.statements

_hidden(tag) if regex.match(`aria-hidden(?:="true"|=\{true\}|[ \n/>])|role="(?:presentation|none)"|accessible=\{false\}|accessibilityElementsHidden|importantForAccessibility="no|[ \n]hidden[ \n/>]`, tag.text)

_named(tag) if markup.has(tag, `aria-label|aria-labelledby|title|accessibilityLabel|label|alt`)

_named(tag) if markup.spreads(tag)

# --- Images ---

_image := {"img", "Image", "FastImage", "area", "amp-img", "ExpoImage", "NextImage"}

found contains finding if {
	some tag in markup.tags
	tag.name in _image
	not markup.has(tag, `alt|aria-label|aria-labelledby|accessibilityLabel`)
	not markup.spreads(tag)
	not _hidden(tag)
	finding := diff.finding(
		"R19", tag.file, tag.line,
		"Image without alt text.",
		"Say in alt (accessibilityLabel in React Native) what the image shows; empty if it only decorates.",
	)
}

# --- Names of controls ---

_pressable := {"button", "a", "Button", "Link", "Pressable", "TouchableOpacity", "TouchableHighlight", "TouchableWithoutFeedback", "IconButton", "ActionIcon", "Fab"}

# Children that say nothing aloud: an icon, a drawing, a lone sign.
_mute(inside) if {
	regex.match(`<(?:svg|i|img|Icon|[A-Za-z0-9.]*Icon|(?:X|Plus|Minus|Trash2?|Edit[0-9]?|Pencil|Search|Close|Menu|Chevron[A-Za-z]*|Arrow[A-Za-z]*|Bell|Settings|Cog|Gear|Star|Heart|Copy|Download|Upload|Filter|More[A-Za-z]*|Fa[A-Z][A-Za-z]*|Ionicons|MaterialIcons|Feather|AntDesign|Eye|EyeOff|Check|Save|Refresh[A-Za-z]*|Send|Share[0-9]?|Home|User|Calendar|Clock|Mail|Phone|Play|Pause|Info|Help[A-Za-z]*))(?:[ \t\n/>])`, inside)
	_wordless(inside)
	not regex.match(`(?i)sr-only|visually-?hidden|aria-label|<title|screenReader|alt="[^"]`, inside)
}

_mute(inside) if regex.match(`^[ \t\n]*(?:<span[^<>]*>)?[ \t\n]*(?:\{['"])?(?:[×✕✖✗xX+−–…⋮☰←→↑↓‹›«»★♥🗑✎🔍-]|&(?:times|#[0-9]+|#x[0-9a-f]+|hellip|laquo|raquo|larr|rarr);|[.]{3})️?(?:['"]\})?[ \t\n]*(?:</span>)?[ \t\n]*$`, inside)

# Nothing but tags, and no value in braces that might be a word.
_wordless(inside) if {
	without := regex.replace(regex.replace(inside, `(?s)<svg.*</svg>`, ""), `</?[A-Za-z][^<>{}]*(?:\{(?:[^{}]|\{[^{}]*\})*\}[^<>{}]*)*>`, "")
	not regex.match(`[0-9A-Za-z{]`, without)
}

found contains finding if {
	some tag in markup.tags
	tag.name in _pressable
	not _named(tag)
	not _hidden(tag)
	_mute(markup.children(tag))
	finding := diff.finding(
		"R19", tag.file, tag.line,
		"Missing ARIA label: the control shows an icon and has no name.",
		"Give it an aria-label (accessibilityLabel in React Native), or words that only screen readers see.",
	)
}

found contains finding if {
	some tag in markup.tags
	tag.name in {"IconButton", "ActionIcon", "Fab", "FAB"}
	endswith(tag.text, "/>")
	not _named(tag)
	finding := diff.finding(
		"R19", tag.file, tag.line,
		"Missing ARIA label: the control shows an icon and has no name.",
		"Give it an aria-label (accessibilityLabel in React Native).",
	)
}

# A field is named by a label around it, by one that points at its id, or by itself. A placeholder goes away.
found contains finding if {
	some tag in markup.tags
	tag.name in {"input", "select", "textarea", "TextInput", "iframe"}
	not _named(tag)
	not markup.has(tag, "id")
	not _hidden(tag)
	not regex.match(`type=\{?["'](?:hidden|submit|button|reset|image)["']`, tag.text)
	not _inside_a_label(tag)
	finding := diff.finding(
		"R19", tag.file, tag.line,
		sprintf("Missing ARIA label: %s has neither label nor name.", [tag.name]),
		"Put a label around it or point one at its id, or give it an aria-label (accessibilityLabel in React Native).",
	)
}

# A field of the system's own: what it shows is a placeholder, and nothing names it.
found contains finding if {
	some tag in markup.tags
	regex.match(`^(?:[A-Z][0-9A-Za-z]*[.])?[A-Z][0-9A-Za-z]*(?:Field|Input|Select|Picker|Combobox|ComboBox|Textarea|TextArea|Autocomplete|Dropdown|SearchBar|SearchBox)$|^(?:Input|Select|Textarea|TextArea|Combobox|ComboBox|Autocomplete)$`, tag.name)
	tag.name != "TextInput"
	markup.has(tag, "placeholder")
	not _named(tag)
	not markup.has(tag, `id|[a-z]*[lL]abel[A-Za-z]*|legend|caption|inputProps|slotProps|htmlFor|inputId|nativeID`)
	not _hidden(tag)
	not _inside_a_label(tag)
	finding := diff.finding(
		"R19", tag.file, tag.line,
		sprintf("Missing ARIA label: %s has a placeholder, and neither label nor name.", [tag.name]),
		"Give it a label or an aria-label: a placeholder goes away with the first letter.",
	)
}

_inside_a_label(tag) if {
	above := concat("\n", [row |
		some number in numbers.range(max([1, tag.line - 12]), tag.line)
		row := _up_to(tag, number)
	])
	count(regex.find_n(`<(?:label|Label|FormLabel|FormControlLabel|Field|FormField|FormItem|FormControl|Form[.]Item|Form[.]Group)(?:[ \t\n>])`, above, -1)) > count(regex.find_n(`</(?:label|Label|FormLabel|FormControlLabel|Field|FormField|FormItem|FormControl|Form[.]Item|Form[.]Group)>|/>`, _labels_only(above), -1))
}

_labels_only(text) := concat("\n", regex.find_n(`</(?:label|Label|FormLabel|FormControlLabel|Field|FormField|FormItem|FormControl|Form[.]Item|Form[.]Group)>`, text, -1))

_up_to(tag, number) := statements.file_of[tag.file.path].rows[number] if number < tag.line

_up_to(tag, number) := split(statements.file_of[tag.file.path].rows[number], concat("", ["<", tag.name]))[0] if number == tag.line

found contains finding if {
	some tag in markup.tags
	regex.match(`role="(?:dialog|alertdialog|button|img|switch|checkbox|slider|progressbar|combobox|searchbox|textbox|meter)"`, tag.text)
	not _named(tag)
	not _hidden(tag)
	_says_nothing(tag)
	finding := diff.finding(
		"R19", tag.file, tag.line,
		"Missing ARIA label: an element with a role of its own has no name.",
		"Give it an aria-label, or aria-labelledby with the id of its heading.",
	)
}

_says_nothing(tag) if regex.match(`role="(?:dialog|alertdialog|slider|progressbar|combobox|searchbox|textbox|meter|img)"`, tag.text)

_says_nothing(tag) if _mute(markup.children(tag))

_says_nothing(tag) if {
	regex.match(`role="(?:switch|checkbox)"`, tag.text)
	endswith(tag.text, "/>")
}

# --- The keyboard ---

_inert := {"div", "span", "li", "tr", "td", "p", "section", "article", "img", "svg", "header", "footer", "ul", "label", "h1", "h2", "h3", "h4", "i", "figure", "aside", "main", "nav"}

found contains finding if {
	some tag in markup.tags
	tag.name in _inert
	regex.match(`[ \t\n]on(?:Click|DoubleClick|MouseDown|MouseUp|click)=`, tag.text)
	not regex.match(`onKey(?:Down|Up|Press)`, tag.text)
	not markup.spreads(tag)
	not _hidden(tag)
	not regex.match(`onClick=\{(?:\([a-z]*\)|[a-z]+)[ ]*=>[ ]*[{]?[ ]*[a-z]+[.](?:stopPropagation|preventDefault)\(\)[; ]*[}]?\}`, tag.text)
	not tag.name == "label"
	not _backdrop(tag)
	finding := diff.finding(
		"R19", tag.file, tag.line,
		sprintf("Not usable by keyboard: %s reacts to the mouse alone.", [tag.name]),
		"Use a button or a link; or add role, tabIndex={0} and a key handler.",
	)
}

# What lies behind a dialog only closes it; Escape does that for the keyboard.
_backdrop(tag) if regex.match(`(?i)backdrop|overlay`, tag.text)

found contains finding if {
	some tag in markup.tags
	tag.name in _inert
	regex.match(`[ \t\n]onKey(?:Down|Up|Press)=`, tag.text)
	regex.match(`[ \t\n]onClick=`, tag.text)
	not markup.has(tag, "tabIndex|tabindex|contentEditable")
	not markup.spreads(tag)
	finding := diff.finding(
		"R19", tag.file, tag.line,
		sprintf("Not usable by keyboard: %s handles keys but cannot be focused.", [tag.name]),
		"Use a button or a link; or add tabIndex={0} and a role.",
	)
}

found contains finding if {
	some tag in markup.tags
	tag.name == "a"
	regex.match(`[ \t\n]onClick=`, tag.text)
	not markup.has(tag, "href|tabIndex|to")
	not markup.spreads(tag)
	finding := diff.finding(
		"R19", tag.file, tag.line,
		"Not usable by keyboard: a link without href is no stop of the Tab key.",
		"Use a button for actions, or give the link its address.",
	)
}

found contains finding if {
	some tag in markup.tags
	tag.name in {"button", "input", "select", "textarea", "a", "Button"}
	regex.match(`tab[iI]ndex=(?:\{-1\}|"-1"|\{[1-9][0-9]*\}|"[1-9][0-9]*")`, tag.text)
	not regex.match(`role="(?:tab|option|menuitem[a-z]*|radio|gridcell|treeitem)"|type="(?:file|hidden)"|disabled|inert`, tag.text)
	not _hidden(tag)
	not markup.spreads(tag)
	finding := diff.finding(
		"R19", tag.file, tag.line,
		"Not usable by keyboard: tabIndex takes the control out of the order.",
		"Leave the order to the document: no tabIndex, or 0.",
	)
}

# --- Contrast ---

found contains finding if {
	some fault in contrast.faults
	finding := diff.finding(
		"R19", fault.file, fault.line,
		sprintf("Low contrast: %s on %s is %v to 1, at least 4.5 is asked for.", [fault.text, fault.background, fault.ratio]),
		"Take a darker text colour (or a lighter one on dark ground) from the palette.",
	)
}
