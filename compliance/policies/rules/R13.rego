# METADATA
# title: Input Validation
# description: Endpoints without validation, uploads without a check of type and size, HTML that nobody has cleaned.
package forge.rules.r13

import rego.v1

import data.forge.code
import data.forge.diff
import data.forge.dtos
import data.forge.filepaths
import data.forge.nest
import data.forge.paths

# --- Endpoints ---

# A type that is gone at run time: there is nothing that a pipe could check.
_unchecked := `@(Body|Query|Param|Args)[(][ \t]*(['"][^'"]*['"])?[ \t]*[)][ \t]*[A-Za-z_$][A-Za-z0-9_$]*[?]?[ \t]*(:[ \t]*(any|unknown|object|Object|Record<|Partial<|Pick<|Omit<|[{]|Prisma[.])|[,)])`

found contains finding if {
	some [file, line] in diff.search("controller", _unchecked)
	not _validates(file, line)
	finding := diff.finding(
		"R13", file, line,
		"This endpoint takes its input unchecked: the parameter's type has nothing that could be validated.",
		"Declare a DTO class with class-validator decorators and take it as the parameter's type.",
	)
}

# One field of the body, as a primitive and without a pipe.
found contains finding if {
	some [file, line] in diff.search("controller", `@Body[(][ \t]*['"][^'"]+['"][ \t]*[)][ \t]*[A-Za-z_$][A-Za-z0-9_$]*[?]?[ \t]*:[ \t]*(string|number|boolean)\b`)
	not _validates(file, line)
	finding := diff.finding(
		"R13", file, line,
		"This field of the body is not validated: the global pipe checks classes, not single fields.",
		"Take the body as a DTO with class-validator decorators, or give the parameter a pipe that checks it.",
	)
}

found contains finding if {
	some [file, line] in diff.search("server", `\b(req|request)[.](body|query)\b|\bawait[ \t]+(req|request)[.](json|formData)[(][)]`)
	not paths.dto(file.path)
	not regex.match(`(?i)(middleware|interceptor|guard|logger|filter|webhook)`, file.path)
	not regex.match(`(rawBody|[.]body[ \t]*=[^=])`, file.rows[line])
	not _validates(file, line)
	finding := diff.finding(
		"R13", file, line,
		"The request is read directly, past the validation pipe.",
		"Take the input as a DTO with class-validator decorators, or parse it with a schema first.",
	)
}

_validator := `(?i)(schema|validator|zod|joi|yup|ajv|dto|pipe)[A-Za-z]*([.]|[(])|safeParse|[.]parse(Async)?[(]|[.]validate(Async|Sync)?[(]|validate(OrReject|Sync|Input|Body|Request|Query)?[(]|plainTo(Instance|Class)|ValidationPipe|@UsePipes|@UseZod`

_validates(file, line) if regex.match(_validator, regex.replace(code.scope(file, line).text, `@Body[(][ \t]*[)]`, ""))

_validates(file, line) if regex.match(`@UsePipes|ValidationPipe|ZodPipe`, code.decorators(file, code.scope(file, line).first))

_validates(file, line) if regex.match(`(?i)schema|[.]parse[(]|validate`, file.rows[line])

# The pipe finds nothing to check in a class without decorators.
found contains finding if {
	some class in dtos.unvalidated
	class.class in dtos.taken
	finding := diff.finding(
		"R13", class.file, class.line,
		sprintf("An endpoint takes `%s`, whose %s nothing validates.", [class.class, concat(", ", [sprintf("`%s`", [name]) | some name in class.properties])]),
		"Give every property a class-validator decorator: @IsString(), @IsUUID(), @IsOptional() and the like.",
	)
}

found contains finding if {
	some place in filepaths.opened
	finding := diff.finding(
		"R13", place.file, place.line,
		sprintf("`%s` comes from the request unchecked and becomes the path of a file: `../` leads out of the folder.", [place.name]),
		"Look the file up by an id that a pipe checks, or allow listed names only.",
	)
}

# --- Uploads ---

found contains finding if {
	some [file, line] in diff.search("server", `\b(File|Files|AnyFiles|FileFields)Interceptor[(]`)
	regex.match(`^[ \t]*@|Interceptor[(][ \t]*['")]`, file.rows[line])
	text := _upload(file, line)
	not regex.match(`Interceptor[(][ \t]*(['"][^'"]*['"][ \t]*,[ \t]*)?([0-9]+[ \t]*,[ \t]*)?[A-Za-z_$]`, text)
	missing := _unchecked_of(text)
	finding := diff.finding(
		"R13", file, line,
		sprintf("This upload is accepted without a check of its %s.", [missing]),
		"Validate with ParseFilePipe: a FileTypeValidator for what is allowed and a MaxFileSizeValidator, both on the server.",
	)
}

# The decorators and the method that the interceptor stands on.
_upload(file, line) := concat("\n", [code.block(file, line).text, code.decorators(file, method), code.block(file, method).text]) if {
	method := min({number |
		some number, _ in file.functions
		number > line
		file.indents[number] <= file.indents[line]
	})
}

_types := `(?i)FileTypeValidator|addFileType|fileFilter|mime_?type|allowedTypes|allowedMime|fileTypeFromBuffer|magic|[.]extname|extension`

_sizes := `(?i)MaxFileSize|addMaxSize|fileSize|maxSize|max_?(file|upload)|[.]size\b|byteLength`

# A pipe or a function of the project's own checks what it checks.
_own_check := `(?i)@UploadedFiles?[(][ \t\n]*(new[ \t]+)?([A-Z][A-Za-z]*(Pipe|Validator)|[a-z][A-Za-z]*(Pipe|Validation))\b|(validate|check|assert|verify|scan)[A-Za-z]*(File|Upload|Image|Document|Attachment)s?[(]|file[A-Za-z]*[.](validate|check)[A-Za-z]*[(]`

_unchecked_of(text) := "type and size" if {
	not _own(text)
	not regex.match(_types, text)
	not regex.match(_sizes, text)
}

_unchecked_of(text) := "type" if {
	not _own(text)
	not regex.match(_types, text)
	regex.match(_sizes, text)
}

_unchecked_of(text) := "size" if {
	not _own(text)
	regex.match(_types, text)
	not regex.match(_sizes, text)
}

_own(text) if regex.match(_own_check, regex.replace(text, `ParseFilePipe(Builder)?`, ""))

found contains finding if {
	some [file, line] in diff.search("server", `\bmulter[(]([ \t]*[)]|[ \t]*[{])`)
	options := code.block(file, line).text
	not regex.match(`(?s)limits.*fileFilter|fileFilter.*limits`, options)
	finding := diff.finding(
		"R13", file, line,
		"multer() takes any file of any size: limits or fileFilter is missing.",
		"Give multer both: limits.fileSize, and a fileFilter that allows the types that you need.",
	)
}

# --- HTML ---

_sanitized := `(?i)sanitiz|sanitis|purify|escape|clean|\bxss[(]|safe|trusted|encode`

found contains finding if {
	some [file, line] in diff.search("production", `dangerouslySetInnerHTML[ \t]*[=:]|\b__html[ \t]*:`)
	value := regex.find_all_string_submatch_n(`(?s)__html[ \t]*:[ \t\n]*([^}]*)`, code.text(file, line, line + 4), 1)[0][1]
	_first_of_element(file, line)
	_raw(file, value)
	finding := diff.finding(
		"R13", file, line,
		"HTML goes into the page as it is: whoever wrote it can run script in the reader's session.",
		"Render it as text, or clean it first: DOMPurify.sanitize(html).",
	)
}

# The attribute and its __html on two lines are one fault.
_first_of_element(file, line) if contains(file.rows[line], "dangerouslySetInnerHTML")

_first_of_element(file, line) if {
	not contains(file.rows[line], "dangerouslySetInnerHTML")
	not contains(code.text(file, max([1, line - 2]), max([1, line - 1])), "dangerouslySetInnerHTML")
}

found contains finding if {
	some [file, line] in diff.search("production", `[.](innerHTML|outerHTML)[ \t]*[+]?=[^=]|[.]insertAdjacentHTML[(]|\bdocument[.]write(ln)?[(]|\bbypassSecurityTrustHtml[(]|\bv-html=|\bcreateContextualFragment[(]|\bnew Handlebars[.]SafeString[(]`)
	value := regex.replace(file.rows[line], `^.*?([.](innerHTML|outerHTML)[ \t]*[+]?=|insertAdjacentHTML[(][^,]*,|write(ln)?[(]|TrustHtml[(]|v-html=|Fragment[(]|SafeString[(])`, "")
	_raw(file, value)
	finding := diff.finding(
		"R13", file, line,
		"HTML goes into the page as it is: whoever wrote it can run script in the reader's session.",
		"Set textContent instead, or clean the HTML first: DOMPurify.sanitize(html).",
	)
}

# A page built from a template literal, answered by the server.
found contains finding if {
	some [file, line] in diff.search("server", "\\b(res|response|reply)[.](send|end|write)[(][ \t]*\\x60[^\\x60]*<[A-Za-z!][^\\x60]*[$][{]")
	not regex.match(_sanitized, file.rows[line])
	finding := diff.finding(
		"R13", file, line,
		"A value goes into the answered HTML without being escaped.",
		"Escape the value, or render a template that escapes by itself.",
	)
}

_raw(file, value) if {
	not regex.match(_sanitized, value)
	not regex.match("^[ \t\n]*('[^']*'|\"[^\"]*\"|\\x60[^$\\x60]*\\x60)[ \t\n]*[;,)]?[ \t\n]*$", value)
	not regex.match(`JSON[.]stringify[(]`, value)
	not _cleaned_before(file, value)
}

# A variable that is cleaned where it is made, or a constant.
_cleaned_before(file, value) if {
	name := regex.find_n(`[A-Za-z_$][A-Za-z0-9_$]*`, value, 1)[0]
	regex.match(concat("", [`(?i)(?:const|let|var)[ \t]+`, name, `\b[^;]*?(sanitiz|sanitis|purify|escape|xss[(])`]), file.text)
}

_cleaned_before(file, value) if {
	name := regex.find_n(`^[ \t\n]*[A-Z][A-Z0-9_]+\b`, value, 1)[0]
	regex.match(concat("", [`const[ \t]+`, trim(name, " \t\n"), `[ \t]*=[ \t]*['"\x60]`]), file.text)
}
