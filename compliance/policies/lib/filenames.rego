# METADATA
# title: Names of files
# description: New files whose names follow no convention of their kind, {file, line, should}.
package forge.filenames

import rego.v1

import data.forge.diff
import data.forge.paths
import data.forge.statements

_base(path) := parts[count(parts) - 1] if parts := split(path, "/")

_new_files contains file if {
	some file in diff.files
	file.status in {"added", "renamed"}
}

# Files named by a framework or a router.
_framework := `^(?:index|main|app|page|layout|loading|error|not-found|template|default|route|middleware|global-error|_app|_document|_layout|_error|vite-env|setupTests|reportWebVitals|instrumentation|entry|routes?|router|root|providers?|lazy|client|server|entry-client|entry-server)(?:[.-]|$)|^[_+\[(]|^\$`

bad contains {"file": statements.brief(file), "line": min(file.new | {1 | count(file.new) == 0}), "should": "PascalCase, as its component"} if {
	some file in _new_files
	regex.match(`[.][jt]sx$`, file.path)
	not paths.test(file.path)
	not paths.story(file.path)
	name := _base(file.path)
	not regex.match(_framework, name)
	not regex.match(`(?:^|/)(?:app|pages|routes|hooks|contexts?|providers?|utils?|lib|emails?)/`, file.path)
	not regex.match(`^use[A-Z-]|[.](?:config|stories|test|spec|hooks?|context|routes?|styles|board)[.]`, name)
	regex.match(`^[a-z]`, name)
	regex.match(`(?m)^[0-9]+\t.*(?:return[ \t]*\(?|=>[ \t]*\(?|^)[ \t]*<[A-Za-z>]`, file.added)
	regex.match(`(?:^|\n)[0-9]+\texport[ \t]+(?:default[ \t]+)?(?:async[ \t]+)?(?:function|const|class|memo|[A-Z])`, file.added)
}

bad contains {"file": statements.brief(file), "line": min(file.new | {1 | count(file.new) == 0}), "should": "kebab-case, as configuration is"} if {
	some file in _new_files
	regex.match(`[.](?:ya?ml|toml|json|json5|jsonc)$`, file.path)
	name := _base(file.path)
	regex.match(`[A-Z_]`, regex.replace(name, `[.][a-z0-9]+$`, ""))
	not regex.match(`^[._]|^(?:CODEOWNERS|Chart|Dockerfile|Pulumi|GoogleService|FUNDING|ISSUE_TEMPLATE|Cargo|Podfile|Gemfile|Taskfile|Makefile|Info)|^(?:pull_request_template|bug_report|feature_request|custom_resource)|[A-Z]{2,}-?[0-9]+`, name)
	not regex.match(`(?:^|/)(?:fixtures?|__fixtures__|testdata|locales?|i18n|lang|translations|android|ios|Pods|messages|ISSUE_TEMPLATE|snapshots?|__snapshots__|templates|charts|migrations|data|mocks?|__mocks__)/`, file.path)
}

bad contains {"file": statements.brief(file), "line": min(file.new | {1 | count(file.new) == 0}), "should": "camelCase or kebab-case, without underscores"} if {
	some file in _new_files
	regex.match(`[.](?:[cm]?ts|[cm]?js)$`, file.path)
	not paths.script(file.path)
	name := _base(file.path)
	regex.match(`^[0-9A-Za-z.-]+_[0-9A-Za-z_.-]+[.][cm]?[jt]s$`, name)
	not regex.match(`(?:^|/)(?:migrations?|seeds?)/|^[0-9]{6,}`, file.path)
	not regex.match(`^[0-9]`, name)
}

# NestJS names its files in small letters: `Orders.Service.ts`, `OrdersController.ts` are found on some disks only.
bad contains {"file": statements.brief(file), "line": min(file.new | {1 | count(file.new) == 0}), "should": "kebab-case with its suffix (orders.service.ts)"} if {
	some file in _new_files
	name := _base(file.path)
	regex.match(`^[A-Za-z]*[A-Z][0-9A-Za-z]*[.](?i:service|controller|module|dto|guard|pipe|interceptor|resolver|gateway|entity|repository|strategy|middleware|filter|decorator)[.]ts$`, name)
}
