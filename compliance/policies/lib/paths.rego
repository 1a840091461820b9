# METADATA
# title: Kinds of files
# description: What a path says about its file. The policies ask here, so that all of them mean the same by "a test".
package forge.paths

import rego.v1

code(path) if regex.match(`[.](ts|tsx|mts|cts|js|jsx|mjs|cjs)$`, path)

# Files that no one writes by hand, or that a build or a package manager owns.
generated(path) if regex.match(`(^|/)(node_modules|dist|build|out|coverage|vendor|generated|__generated__|[.]next|[.]expo|Pods|[.]turbo|[.]yarn)/`, path)

generated(path) if regex.match(`[.](min[.]js|generated[.][a-z]+|gen[.]ts|d[.]ts|map|snap|lock)$`, path)

generated(path) if regex.match(`(^|/)(package-lock[.]json|pnpm-lock[.]yaml|npm-shrinkwrap[.]json)$`, path)

test(path) if regex.match(`[.](spec|test|e2e-spec|int-spec|e2e|cy|bench)[.][cm]?[jt]sx?$`, path)

test(path) if regex.match(`(^|/)(__tests__|__mocks__|__fixtures__|test|tests|testing|e2e|cypress|playwright|fixtures|mocks|test-utils|integration-tests)/`, path)

test(path) if regex.match(`(^|/)(jest|vitest|playwright|cypress)[.][a-z.]*[cm]?[jt]s$`, path)

story(path) if regex.match(`[.](stories|story)[.][jt]sx?$`, path)

# Tools around the product: they run on a developer's machine or in CI, not before a customer.
script(path) if regex.match(`(^|/)(scripts|tools|bin|seeds?|seeders|[.]github|[.]cursor|ci|docs|examples)/`, path)

script(path) if regex.match(`(^|/)seed[a-z0-9_.-]*[.][cm]?[jt]s$`, path)

script(path) if regex.match(`(^|/)[a-z0-9_.-]*[.](config|setup)[.][cm]?[jt]s$`, path)

sql(path) if regex.match(`(?i)[.]sql$`, path)

prisma(path) if endswith(path, ".prisma")

markdown(path) if regex.match(`(?i)[.]mdx?$`, path)

workflow(path) if regex.match(`(^|/)[.]github/workflows/[^/]+[.]ya?ml$`, path)

# A browser or a phone runs it.
client(path) if {
	regex.match(`(^|/)(frontend|web|mobile|client|ui|admin-ui|app-mobile|[A-Za-z]*Mobile)/`, path)
	not regex.match(`(^|/)(api|backend|server)/`, path)
}

client(path) if {
	regex.match(`[.](tsx|jsx)$`, path)
	not regex.match(`(^|/)(api|backend|server)/`, path)
}

# A server runs it: by the folder, or by what NestJS calls its parts.
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
