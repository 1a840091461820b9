# METADATA
# title: File Organization
# description: New files in the wrong folder, on a deprecated path, or in a layer that they do not belong to.
package forge.rules.r21

import rego.v1

import data.forge.code
import data.forge.diff
import data.forge.paths

# Where a file is put is a decision of the change that puts it there.
_placed contains file if {
	some file in diff.files
	file.status in {"added", "renamed"}
}

_deprecated := {
	"backend/src/": "apps/api/src/",
	"backend/prisma/": "libs/common/prisma/",
	"backend/test/": "apps/api/test/",
	"src/": "apps/ or frontend/src/",
	"VeroSuite_V1/": "apps/ or frontend/src/",
}

found contains finding if {
	some file in _placed
	some old, new in _deprecated
	startswith(file.path, old)
	finding := diff.finding(
		"R21", file, 1,
		sprintf("This file lies on the deprecated path `%s`.", [old]),
		sprintf("Move it to %s with git mv.", [new]),
	)
}

found contains finding if {
	some file in _placed
	folder := regex.find_n(`(?i)(^|/)(legacy|deprecated|old|obsolete|_old|archive|v0|[a-z0-9-]+-old|[a-z0-9-]+\.old)/`, file.path, 1)[0]
	paths.code(file.path)
	finding := diff.finding(
		"R21", file, 1,
		sprintf("New code goes into `%s`, a path that is to disappear.", [trim(folder, "/")]),
		"Put it where its successor lives.",
	)
}

found contains finding if {
	some [file, line] in diff.search("code", `(\bfrom|\brequire[(]|\bimport[(])[ \t]*['"](@/)?(\.\./|\./)*(backend/(src|prisma)|VeroSuite_V1)/`)
	finding := diff.finding(
		"R21", file, line,
		"This import uses a deprecated path.",
		"Import from apps/api or libs/common by the package's alias.",
	)
}

# --- Folders ---

_base(path) := regex.find_n(`[^/]*$`, path, 1)[0]

_misplaced(path) := "A DTO stands outside a dto/ folder" if {
	regex.match(`[.]dto[.]ts$`, path)
	not regex.match(`(^|/)(dtos?|contracts?)/`, path)
}

_misplaced(path) := "A hook stands among the components" if {
	regex.match(`(^|/)components/(.*/)?use[A-Z][A-Za-z0-9]*[.]tsx?$`, path)
}

_misplaced(path) := "A component stands among hooks, services or utilities" if {
	regex.match(`(^|/)(hooks|utils|services|types|stores?|api)/([^/]*/)*[A-Z][A-Za-z0-9]*[.](tsx|jsx)$`, path)
	paths.client(path)
	not regex.match(`(^|/)components/|Provider[.]tsx$|Context[.]tsx$`, path)
	not paths.test(path)
}

_misplaced(path) := "A source file stands at the top of the repository" if {
	not contains(path, "/")
	regex.match(`[.](ts|tsx|jsx|sql|py|rb|java|go)$`, path)
	not regex.match(`[.](config|setup|workspace|preset)[.][a-z]+$|^[.]|^(setup|conftest|noxfile|tasks|Dangerfile|dangerfile|middleware|instrumentation|index)[.]`, path)
}

_misplaced(path) := "A document stands at the top of the repository" if {
	regex.match(`^[^/]+[.]mdx?$`, path)
	not regex.match(`(?i)^(readme|changelog|contributing|license|security|code_of_conduct|agents|claude|gemini|authors|support|governance|maintainers|notice|history|upgrading|migration)[^/]*$`, path)
}

_misplaced(path) := "A test stands among the sources of another kind" if {
	paths.test(path)
	regex.match(`[.](spec|test)[.]tsx?$`, path)
	regex.match(`(^|/)(dtos?|entities|migrations|public|assets|styles|docs)/[^/]*$`, path)
	not regex.match(`(^|/)(dtos?|entities)/`, path)
}

found contains finding if {
	some file in _placed
	what := _misplaced(file.path)
	finding := diff.finding(
		"R21", file, 1,
		sprintf("%s: `%s`.", [what, file.path]),
		_where(file.path),
	)
}

_where(path) := "Move it to the dto/ folder of its module." if regex.match(`[.]dto[.]ts$`, path)

_where(path) := "Move it to hooks/." if {
	regex.match(`(^|/)components/(.*/)?use[A-Z]`, path)
	not regex.match(`[.]dto[.]ts$`, path)
}

_where(path) := "Move it to the folder of its kind in the monorepo: apps/, libs/, frontend/src/components/, docs/." if {
	not regex.match(`[.]dto[.]ts$|(^|/)components/(.*/)?use[A-Z]`, path)
}

# A script that changes tables, where no migration runs it.
found contains finding if {
	some file in _placed
	paths.sql(file.path)
	contains(file.path, "/")
	not regex.match(`(?i)(^|/)(migrations?|seeds?|docs|tests?|fixtures|init|initdb|docker[a-z-]*|functions|policies|views|snippets)/|(^|/)schema[.]sql$|seed`, file.path)
	line := min(code.hits(file, `(?i)^[ \t]*(create|alter|drop)[ \t]+(or[ \t]+replace[ \t]+)?(unlogged[ \t]+)?(table|policy|index|type)\b`))
	finding := diff.finding(
		"R21", file, line,
		"This changes the database from a file that no migration runs.",
		"Make it a migration under libs/common/prisma/migrations/.",
	)
}

# --- Layers ---

_wrong_layer(path) := "Server code stands in the client" if {
	regex.match(`[.](controller|resolver|gateway|repository|guard|interceptor|processor|entity|module)[.]ts$`, path)
	paths.client(path)
}

_wrong_layer(path) := "A component stands in the server" if {
	regex.match(`[.](tsx|jsx)$`, path)
	regex.match(`^(apps/(api|[a-z0-9-]*-(service|worker|api))|backend|services/[^/]+)/src/`, path)
	not regex.match(`(?i)(^|/)(emails?|mails?|templates?|pdf|views)/`, path)
}

_wrong_layer(path) := "A controller stands in a shared library" if regex.match(`^(libs|packages|shared)/.*[.](controller|resolver|gateway)[.]ts$`, path)

_wrong_layer(path) := "A controller stands among the services" if regex.match(`(^|/)(services|repositories|entities|dtos?|domain|persistence)/[^/]+[.]controller[.]ts$`, path)

_wrong_layer(path) := "A service stands among the controllers" if regex.match(`(^|/)(controllers|dtos?|entities|guards)/[^/]+[.](service|repository)[.]ts$`, path)

_wrong_layer(path) := "A repository with its database stands in the domain" if regex.match(`(^|/)domain/.*(prisma|typeorm|postgres|sql)[a-z.-]*[.]repository[.]ts$`, path)

found contains finding if {
	some file in _placed
	what := _wrong_layer(file.path)
	not paths.test(file.path)
	finding := diff.finding(
		"R21", file, 1,
		sprintf("%s: `%s`.", [what, file.path]),
		"Move it to the layer that it belongs to.",
	)
}

# The domain knows nothing of what serves it; the client nothing of the server.
found contains finding if {
	some [file, line] in diff.search("production", `\bfrom[ \t]+['"]([^'"]*/(infrastructure|persistence|controllers?|presentation)(/[^'"]*)?|@prisma/client|typeorm|express|@nestjs/(typeorm|swagger|axios))['"]`)
	regex.match(`(^|/)domain/`, file.path)
	finding := diff.finding(
		"R21", file, line,
		"The domain layer imports from a layer above it.",
		"Declare an interface in the domain and implement it in the infrastructure layer.",
	)
}

found contains finding if {
	some [file, line] in diff.search("client", `\bfrom[ \t]+['"](@nestjs/[^'"]+|@prisma/client|typeorm|pg|class-validator)['"]`)
	not _wrong_layer(file.path)
	not regex.match(`^[ \t]*import[ \t]+type\b`, file.rows[line])
	finding := diff.finding(
		"R21", file, line,
		"Client code imports a library of the server: it stands in the wrong layer.",
		"Move it to the API, and let the client call an endpoint.",
	)
}
