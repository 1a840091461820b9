# METADATA
# title: Backend Patterns
# description: Business logic in controllers, DTOs that are missing or validate nothing, writes without a transaction.
package forge.rules.r11

import rego.v1

import data.forge.code
import data.forge.diff
import data.forge.dtos
import data.forge.filepaths
import data.forge.nest
import data.forge.paths

# --- Controllers ---

_controllers contains file if {
	some file in nest.controllers
	not regex.match(`(?i)health|metrics`, file.path)
}

found contains finding if {
	some file in _controllers
	some line in code.hits(file, `\bthis[.](prisma|prismaService|db|database|entityManager|dataSource|[A-Za-z]*[Rr]epository|[A-Za-z]*[Rr]epo|[A-Za-z]*[Mm]odel)[.][A-Za-z$]`)
	finding := diff.finding(
		"R11", file, line,
		"The controller speaks to the database itself: a query is the business of a service.",
		"Move the query into the service, and let the controller translate the request and the answer.",
	)
}

# Two signs of a calculation or a decision in one method; a single check or mapping is translation.
_logic := `\b(for|while|switch)[ \t]*[(]|[.](reduce|sort|filter|forEach)[(]|[A-Za-z0-9_)\]][ \t]+[*/%][ \t]+[A-Za-z0-9_(]|[+*/-]=[ \t]|\bMath[.]|\bif[ \t]*[(]|\blet[ \t]`

found contains finding if {
	some file in _controllers
	some first in {scope.first | some line in code.hits(file, _logic); scope := code.scope(file, line)}
	scope := code.scope(file, first)
	scope.closed
	signs := {line |
		some line in code.sights(file, _logic)
		line > scope.first
		line <= scope.last
		not _refuses(file, line)
	}
	_is_logic(file, signs)
	line := min(signs & file.new)
	finding := diff.finding(
		"R11", file, line,
		"Business logic stands in this controller: it decides or calculates instead of passing on.",
		"Move the decision into a service method, and leave the controller one call.",
	)
}

_is_logic(file, signs) if {
	count(signs) >= 2
	count({line | some line in signs; _weighs(file.rows[line])}) > 0
}

# A calculation is enough; turning pages and times into other units is not one.
_is_logic(file, signs) if {
	some line in signs
	regex.match(`[A-Za-z0-9_)\]][ \t]+[*/][ \t]+[A-Za-z0-9_(]|[.]reduce[(]`, file.rows[line])
	not regex.match(`(?i)page|skip|limit|offset|take|\bsize|second|minute|hour|day|\bms\b|1000|1024|\b60\b|import|\*[ \t]+as[ \t]`, file.rows[line])
}

# What a guard clause or a plain branch is not.
_weighs(row) if regex.match(`^[ \t]*(for|while|switch)[ \t]*[(]|[.](reduce|sort|filter|forEach)[(]|[ \t][*/%][ \t]|[+*/-]=[ \t]|\bMath[.]|\bif[ \t]*[(].*([<>]=?|&&|[|][|]|===).*|^[ \t]*let[ \t]`, row)

# A check that refuses the request is the controller's own work.
_refuses(file, line) if {
	regex.match(`\bif[ \t]*[(]`, file.rows[line])
	regex.match(`^[^;]*\bthrow[ \t]+new[ \t]+(NotFound|Forbidden|Unauthorized|BadRequest)`, code.body(file, line).text)
}

# Where a file lies is a decision as well.
found contains finding if {
	some place in filepaths.opened
	finding := diff.finding(
		"R11", place.file, place.line,
		"The controller decides where a file lies, and opens it itself.",
		"Let a service look the file up by its id, and stream what it answers.",
	)
}

# --- DTOs ---

found contains finding if {
	some [file, line] in diff.search("controller", `@Body[(][ \t]*[)][ \t]*[A-Za-z_$][A-Za-z0-9_$]*[?]?[ \t]*(:[ \t]*(any|unknown|object|Object|Record<|Partial<|Pick<|Omit<|[{]|Prisma[.])|[,)])`)
	finding := diff.finding(
		"R11", file, line,
		"The body of this endpoint has no DTO: its type is gone at run time, and nothing is validated.",
		"Write a DTO class with class-validator decorators and take it as the parameter's type.",
	)
}

# An interface or a type alias of this change is gone at run time as well.
found contains finding if {
	some [file, line] in diff.search("controller", `@Body[(][ \t]*[)][ \t]*[A-Za-z_$][A-Za-z0-9_$]*[ \t]*:[ \t]*[A-Z]`)
	type := regex.find_all_string_submatch_n(`@Body[(][ \t]*[)][ \t]*[A-Za-z_$][A-Za-z0-9_$]*[ \t]*:[ \t]*([A-Z][A-Za-z0-9_]*)`, file.rows[line], 1)[0][1]
	some other in diff.code
	regex.match(concat("", [`(?m)^(export[ \t]+)?(interface[ \t]+`, type, `\b|type[ \t]+`, type, `[ \t]*=)`]), other.text)
	finding := diff.finding(
		"R11", file, line,
		sprintf("`%s` is no class: nothing of it is left at run time that could be validated.", [type]),
		"Turn it into a DTO class with class-validator decorators.",
	)
}

found contains finding if {
	some class in dtos.unvalidated
	finding := diff.finding(
		"R11", class.file, class.line,
		sprintf("The DTO accepts %s without validating it.", [concat(", ", [sprintf("`%s`", [name]) | some name in class.properties])]),
		"Give every property a class-validator decorator: @IsString(), @IsUUID(), @IsOptional() and the like.",
	)
}

# --- Transactions ---

_write := `\b(prisma|prismaService|prismaClient|db|database)[.][a-z][A-Za-z0-9_]*[.](create|createMany|createManyAndReturn|update|updateMany|upsert|delete|deleteMany)[(]|\b[A-Za-z]*([Rr]epository|[Rr]epo)[.](save|insert|update|delete|remove|upsert|softDelete|softRemove)[(]`

_together := `[$]transaction\b|\b[tT]ransaction(al)?[A-Za-z]*[(]|@Transactional|runInTransaction|withTransaction|unitOfWork|queryRunner|inTransaction`

found contains finding if {
	some file in diff.having("server", _write)
	not paths.controller(file.path)
	some first in {scope.first | some line in code.hits(file, _write); scope := code.scope(file, line)}
	scope := code.scope(file, first)
	scope.closed
	not regex.match(_together, scope.text)
	not regex.match(_together, code.decorators(file, scope.first))
	writes := [line | some line in code.sights(file, _write); line > scope.first; line <= scope.last]
	line := _second(file, scope, writes)
	finding := diff.finding(
		"R11", file, line,
		"This write follows another one outside a transaction: if it fails, the first one stays behind alone.",
		"Put the writes into one prisma.$transaction(async (tx) => ...).",
	)
}

# The first added write that follows another, and is not its alternative.
_second(file, _, writes) := min({later |
	some i, earlier in writes
	some j, later in writes
	j > i
	{earlier, later} & file.new != set()
	not _alternatives(file, earlier, later)
	later in file.new
} | {earlier |
	some i, earlier in writes
	some j, later in writes
	j > i
	earlier in file.new
	not later in file.new
	not _alternatives(file, earlier, later)
})

_alternatives(file, earlier, _) if regex.match(`^[ \t]*return\b`, file.rows[earlier])

_alternatives(file, earlier, later) if {
	some number in numbers.range(earlier, later)
	file.indents[number] < file.indents[earlier]
	regex.match(`^[ \t]*(\}[ \t]*(else\b|catch\b)|(case\b|default:))`, file.rows[number])
}

# The branch of the first one ends the function.
_alternatives(file, earlier, later) if {
	some number in numbers.range(earlier, later)
	file.indents[number] <= file.indents[earlier]
	file.indents[number] > file.indents[later] - 1
	file.indents[earlier] > file.indents[later]
	regex.match(`^[ \t]*(return|throw|continue|break)\b`, file.rows[number])
}

# One write a turn is many writes.
found contains finding if {
	some [file, line] in diff.search("server", _write)
	scope := code.scope(file, line)
	scope.closed
	not regex.match(_together, scope.text)
	not regex.match(_together, code.decorators(file, scope.first))
	some loop in code.sights(file, `\b(for|while)[ \t]*(await[ \t]*)?[(]|[.](map|forEach)[(][ \t]*async\b`)
	loop > scope.first
	loop < line
	code.block(file, loop).last >= line
	count([1 | some write in code.sights(file, _write); write > scope.first; write <= scope.last]) == 1
	finding := diff.finding(
		"R11", file, line,
		"This loop writes row by row outside a transaction: if it stops half way, some rows are changed and others not.",
		"Put the loop into one prisma.$transaction(async (tx) => ...), or write all rows by one updateMany or createMany.",
	)
}
