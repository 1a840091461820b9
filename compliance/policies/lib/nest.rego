# METADATA
# title: NestJS
# description: Endpoints and the classes that hold them, as NestJS declares both by decorators.
package forge.nest

import rego.v1

import data.forge.code
import data.forge.paths

# The endpoints that the change adds or touches the declaration of: {line, verb, head, method, decorators}; `line` is
# the route decorator's, `method` the declaration's.
endpoints(file) := {endpoint |
	some line in code.hits(file, `^[ \t]*@(Get|Post|Put|Patch|Delete|All|Sse|SubscribeMessage|Mutation|Query|Subscription)[(]`)
	_is_route(file, line)
	method := _declared_below(file, line)
	endpoint := {
		"line": line,
		"verb": regex.find_n(`[A-Za-z]+`, file.rows[line], 1)[0],
		"method": method,
		"decorators": concat("\n", [code.decorators(file, method), file.rows[line]]),
	}
}

_is_route(file, line) if regex.match(`@(Get|Post|Put|Patch|Delete|All|Sse|SubscribeMessage|Mutation)[(]`, file.rows[line])

# @Query() is a route of GraphQL here, and a parameter of REST elsewhere.
_is_route(file, line) if {
	endswith(file.path, ".resolver.ts")
	regex.match(`@(Query|Subscription)[(]`, file.rows[line])
}

# The method that a decorator in line `line` stands on.
_declared_below(file, line) := min({number |
	some number in numbers.range(line + 1, line + 40)
	file.indents[number] == file.indents[line]
	regex.match(`^[ \t]*((public|protected|private|async|static)[ \t]+)*[A-Za-z_$#][A-Za-z0-9_$]*[ \t]*(<[^()]*>)?[(]`, file.rows[number])
})

# Decorators of the class around line `number`, with its head; undefined where the diff does not show the class.
class(file, number) := concat("\n", [code.decorators(file, head), file.rows[head]]) if {
	head := class_line(file, number)
}

class_line(file, number) := max({line |
	some line in code.sights(file, `^[ \t]*(export[ \t]+)?(default[ \t]+)?(abstract[ \t]+)?class[ \t]`)
	line < number
	file.indents[line] < object.get(file.indents, number, 1000)
	_unbroken(file, line, number)
})

# Every line between the two is in sight, or they belong to two hunks of a file whose class this is all the same.
_unbroken(file, line, number) if count([1 |
	some between in numbers.range(line, number)
	regex.match(`^[}]`, object.get(file.rows, between, ""))
]) == 0

controllers := data.forge.diff.of["controller"]
