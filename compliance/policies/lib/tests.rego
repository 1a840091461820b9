# METADATA
# title: Tests in the change
# description: Which changed files are tests, of which kind, and which source files they stand for.
package forge.tests

import rego.v1

import data.forge.code
import data.forge.diff
import data.forge.paths

# Test files that gain something: a deleted test proves nothing.
files contains file if {
	some file in diff.code
	paths.test(file.path)
	file.status != "removed"
	count(file.new) > 0
}

integration contains file if {
	some file in files
	regex.match(`(?i)(^|/)(e2e|integration|integration-tests|cypress|playwright|api-tests|contract)/|[.](e2e|e2e-spec|int|int-spec|integration|integration-spec|cy)[.]|[-.](e2e|int|integration)[-.](spec|test)[.]|supertest|getHttpServer|testcontainers|PrismaClient`, concat("\n", [file.path, file.raw]))
}

# The added lines that declare a case.
cases := `(?m)^[0-9]+(?:\t.*)?(?:[^0-9A-Za-z_$.])(?:it|test)(?:[.](?:each|concurrent|only)[^\n]*)?[ ]?[(\x60]`

with_cases contains file if {
	some file in files
	regex.match(cases, file.added)
}

# `apps/api/src/orders/orders.service.ts` is `orders.service`.
stem(path) := regex.replace(_base(path), `([.-](spec|test|e2e-spec|e2e|int-spec|int|integration|cy|bench))*[.][cm]?[jt]sx?$`, "")

_base(path) := parts[count(parts) - 1] if parts := split(path, "/")

# The tests of a source file: named after it, or naming it in an added line (import, describe).
of(file) := {candidate |
	_is_spoken_of(file)
	some candidate in files
	_is_test_of(candidate, file)
}

# Asked of all tests at once: most files of a large change have none, and need no look at every test.
_is_spoken_of(file) if _is_named(regex.replace(stem(file.path), `[.](native|web|ios|android|desktop|mobile)$`, ""))

_is_spoken_of(file) if _is_named(stem(file.path))

_is_spoken_of(file) if {
	count(files) > 0
	some match in regex.find_all_string_submatch_n(_exported, file.added, -1)
	contains(_said, match[1])
}

_is_named(name) if name in _stems

_is_named(name) if split(name, ".")[0] in _firsts

_is_named(name) if contains(_said, concat("", ["/", name, "'"]))

_is_named(name) if contains(_said, concat("", ["/", name, `"`]))

_stems := {stem(file.path) | some file in files}

_firsts := {split(name, ".")[0] | some name in _stems}

_said := concat("\n", [file.raw | some file in files])

_is_test_of(candidate, file) if _speaks_of(candidate, stem(file.path), folder(file.path))

# Through a barrel the test takes it by its exported name alone.
_is_test_of(candidate, file) if {
	some match in regex.find_all_string_submatch_n(_exported, file.added, -1)
	regex.match(concat("", [`(?:[{,][ ]*|<|import )`, match[1], `(?:[ ]*[,}/>]|[ ]|$)`]), candidate.raw)
}

_exported := `(?m)^[0-9]+\texport[ \t]+(?:default[ \t]+)?(?:abstract[ \t]+)?(?:async[ \t]+)?(?:function|class|const)[ \t*]+([A-Za-z][0-9A-Za-z_]{3,})`

_speaks_of(candidate, name, _) if stem(candidate.path) == name

_speaks_of(candidate, name, _) if {
	not name in {"index", "main", "page", "route", "layout"}
	contains(candidate.raw, concat("", ["/", name, "'"]))
}

_speaks_of(candidate, name, _) if {
	not name in {"index", "main", "page", "route", "layout"}
	contains(candidate.raw, concat("", ["/", name, `"`]))
}

# A variant of a platform is the component that its test imports: `./Pill` means `Pill.native.tsx` as well.
_speaks_of(candidate, name, _) if {
	plain := regex.replace(name, `[.](native|web|ios|android|desktop|mobile)$`, "")
	plain != name
	regex.match(concat("", [`/`, plain, `(?:[.](?:native|web|ios|android|desktop|mobile))?['"]`]), candidate.raw)
}

# A test beside it that is named after the part they share: `orders.e2e-spec.ts` for `orders.controller.ts`.
_speaks_of(candidate, name, _) if {
	first := split(name, ".")[0]
	count(first) > 3
	split(stem(candidate.path), ".")[0] == first
}

folder(path) := concat("/", array.slice(parts, 0, count(parts) - 1)) if parts := split(path, "/")

# Code that does something: declarations of modules, types, constants and the like need no test of their own.
testable contains file if {
	some file in diff.production
	file.status != "removed"
	not regex.match(`[.](module|dto|types?|interface|enum|constants?|entity|schema|mock|input|model|tokens?|styles?|config|decorator)[.][cm]?[jt]sx?$|(^|/)(index|main|types|constants|theme|tokens|app[.]module|instrumentation|layout|loading|not-found)[.][cm]?[jt]sx?$|(^|/)(dtos?|types|interfaces|enums|constants|migrations|styles|i18n|locales|config)/`, file.path)
}

# The added lines that open new behaviour for others: exported functions, classes, components.
_export := `^export[ \t]+(?:default[ \t]+)?(?:abstract[ \t]+)?(?:async[ \t]+)?(?:function[ \t*]*[0-9A-Za-z_$(]|class[ \t]+[A-Z]|(?:const|let)[ \t]+[0-9A-Za-z_$]+[^=\n]*=[ \t]*(?:async[ \t]*)?(?:[(]|function|[A-Za-z_$]+[ \t]*=>|(?:React[.])?(?:memo|forwardRef)))`

export_lines(file) := code.hits(file, _export)

new_code contains file if {
	some file in testable
	count(export_lines(file)) > 0
	not _only_declares(file)
}

# A class without a method, or an exception that only passes its message on.
_only_declares(file) if regex.match(`[.](exception|error|errors|event|command|query)[.]ts$`, file.path)

first_line(file) := min(file.new)
