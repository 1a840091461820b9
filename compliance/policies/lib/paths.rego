# METADATA
# title: Kinds of files
# description: What a path says about its file. The policies ask here, so that all of them mean the same by "a test".
package forge.paths

import rego.v1

# What the path alone says of code; of other files the kinds are known by their suffix.
kinds(path) := (({"code"} | {"test" | test(path)}) | ({"aside" | aside(path)} | {"client" | client(path)})) | {"dto" | dto(path)} if {
	code(path)
} else := set()

code(path) if regex.match(`[.][cm]?[jt]sx?$`, path)

# Files that no one writes by hand, or that a build or a package manager owns.
generated(path) if regex.match(concat("", [
	`(^|/)(node_modules|dist|build|out|coverage|vendor|generated|__generated__|[.]next|[.]expo|Pods|[.]turbo|[.]yarn)/`, `|`,
	`[.](min[.]js|generated[.][a-z]+|gen[.]ts|d[.]ts|map|snap|lock)$`, `|`,
	`(^|/)(package-lock[.]json|pnpm-lock[.]yaml|npm-shrinkwrap[.]json)$`,
]), path)

test(path) if regex.match(concat("", [
	`[.](spec|test|e2e-spec|int-spec|e2e|cy|bench)[.][cm]?[jt]sx?$`, `|`,
	`(^|/)(__tests__|__mocks__|__fixtures__|tests?|testing|e2e|cypress|playwright|fixtures|mocks|test-utils|integration-tests)/`, `|`,
	`(^|/)(jest|vitest|playwright|cypress)[.][a-z.]*[cm]?[jt]s$`,
]), path)

# Stories, and tools around the product: a developer's machine or CI runs them, not a customer.
aside(path) if story(path)

aside(path) if script(path)

story(path) if regex.match(`[.](stories|story)[.][jt]sx?$`, path)

script(path) if regex.match(concat("", [
	`(^|/)(scripts|tools|bin|seeds?|seeders|[.]github|[.]cursor|ci|docs|examples)/`, `|`,
	`(^|/)seed[a-z0-9_.-]*[.][cm]?[jt]s$`, `|`,
	`(^|/)[a-z0-9_.-]*[.](config|setup)[.][cm]?[jt]s$`,
]), path)

sql(path) if endswith(lower(path), ".sql")

prisma(path) if endswith(path, ".prisma")

markdown(path) if regex.match(`(?i)[.]mdx?$`, path)

workflow(path) if regex.match(`(^|/)[.]github/workflows/[^/]+[.]ya?ml$`, path)

# A browser or a phone runs it.
client(path) if {
	regex.match(`(^|/)(frontend|web|mobile|client|ui|admin-ui|app-mobile|[A-Za-z]*Mobile)/|[.][tj]sx$`, path)
	not regex.match(`(^|/)(api|backend|server)/`, path)
}

# A server runs it.
server(path) if {
	code(path)
	not client(path)
}

controller(path) if regex.match(`[.](controller|resolver|gateway)[.]ts$`, path)

dto(path) if {
	regex.match(`([.](dto|input)[.]ts$|(^|/)dtos?/[^/]+[.]ts$)`, path)
	not regex.match(`(^|/)index[.]ts$`, path)
}

migration(path) if {
	sql(path)
	regex.match(`(^|/)migrations?/`, path)
}

# Files whose comments begin with a hash.
hashes(path) if regex.match(`([.](ya?ml|py|sh|toml|env)|(^|/)Dockerfile)$`, path)
