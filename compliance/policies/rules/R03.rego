# METADATA
# title: Architecture Boundaries
# description: |
#   New applications, top-level folders and database schemas, and imports that reach into another service. A diff does
#   not show what was there before: a folder counts as known if the change also modifies files in it, or if it stands
#   in the list below or in the organisation's own, {"layout": {"folders": ["labs"], "applications": ["apps/labs"]}}.
package forge.rules.r03

import rego.v1

import data.forge.code
import data.forge.diff
import data.forge.paths

_folders := {
	"apps", "libs", "packages", "services", "frontend", "backend", "mobile", "shared", "docs", "scripts", "tools",
	"test", "tests", "e2e", "infra", "infrastructure", "deploy", "k8s", "helm", "charts", "terraform", "docker",
	"config", "public", "prisma", "monitoring", "ci", "patches", "src", "VeroFieldMobile", "supabase",
} | {folder | some folder in data.layout.folders}

# What the change shows to have been there.
_before contains change.path if {
	some change in diff.changes
	is_string(change.path)
	object.get(change, "status", "modified") in {"modified", "removed", "deleted", "changed"}
}

_files_added contains file if {
	some file in diff.files
	file.status == "added"
}

# --- Applications ---

_application(path) := regex.find_n(`^(apps|services|microservices)/[^/]+`, path, 1)[0] if {
	regex.match(`^(apps|services|microservices)/[^/]+/(package[.]json|project[.]json|nest-cli[.]json|app[.]json|pubspec[.]yaml|next[.]config[.][cm]?[jt]s|vite[.]config[.][cm]?[jt]s|(src/)?(main|index|server|App)[.][jt]sx?|src/app[.]module[.]ts)$`, path)
}

found contains finding if {
	some name in {_application(new.path) | some new in _files_added}
	not name in {"apps/api", "apps/web"}
	not name in object.get(_own_layout, "applications", [])
	not _was_there(concat("", [name, "/"]))
	file := _first({new | some new in _files_added; _application(new.path) == name})
	finding := diff.finding(
		"R03", file, 1,
		sprintf("`%s` is a new application.", [name]),
		"Move the code into an existing application, or link the approved architecture decision in the pull request.",
	)
}

_own_layout := data.layout

default _own_layout := {}

_was_there(folder) if {
	some path in _before
	startswith(path, folder)
}

_first(files) := [file |
	some path in sort({one.path | some one in files})
	some file in files
	file.path == path
][0]

# --- Folders ---

_top(path) := split(path, "/")[0] if contains(path, "/")

found contains finding if {
	some top in {_top(new.path) | some new in _files_added}
	not startswith(top, ".")
	not top in _folders
	not _was_there(concat("", [top, "/"]))
	file := _first({new | some new in _files_added; startswith(new.path, concat("", [top, "/"]))})
	finding := diff.finding(
		"R03", file, 1,
		sprintf("`%s/` is a new folder at the top of the repository.", [top]),
		"Move the file under apps/, libs/, frontend/ or docs/, or link the approved architecture decision.",
	)
}

# --- Imports ---

found contains finding if {
	some [file, line] in diff.search("code", `(\bfrom|\brequire[(]|\bimport[(]|\bimport)[ \t]*['"](\.\./)+[^'"]+['"]`)
	own := _service(file.path)
	target := _resolved(file.path, regex.find_n(`(\.\./)+[^'"]+`, file.rows[line], 1)[0])
	other := _service(target)
	other != own
	finding := diff.finding(
		"R03", file, line,
		sprintf("This import reaches from `%s` into the code of `%s`.", [trim(own, "/"), trim(other, "/")]),
		"Call the other service's API or listen to its events; what both need belongs in a shared library under libs/.",
	)
}

_service(path) := regex.find_n(`^((apps|services|microservices)/[^/]+|frontend|backend|mobile|VeroFieldMobile)/`, path, 1)[0]

_resolved(path, imported) := concat("/", array.concat(array.slice(folders, 0, max([0, count(folders) - ups])), rest)) if {
	parts := split(path, "/")
	folders := array.slice(parts, 0, count(parts) - 1)
	ups := strings.count(imported, "../")
	rest := [part | some part in split(imported, "/"); part != ".."]
}

# --- Schemas ---

found contains finding if {
	some file in _files_added
	_is_schema(file)
	not paths.test(file.path)
	finding := diff.finding(
		"R03", file, 1,
		sprintf("`%s` is a new database schema file beside the one that the services share.", [file.path]),
		"Add the models to libs/common/prisma/schema.prisma, or link the approved architecture decision.",
	)
}

_is_schema(file) if paths.prisma(file.path)

_is_schema(file) if regex.match(`(?i)(^|/)(schema[.]sql|[^/]*[.]dbml|drizzle[.]config[.][jt]s|ormconfig[.](json|[jt]s))$`, file.path)

_is_schema(file) if {
	regex.match(`(^|/)schema[.]ts$`, file.path)
	regex.match(`\b(pgTable|mysqlTable|sqliteTable)[(]`, file.text)
}
