# METADATA
# title: Imports
# description: |
#   Imports whose path is written otherwise than the file: they work on disks that know no case, and fail on Linux.
#   {file, line, path}.
package forge.imports

import rego.v1

import data.forge.code
import data.forge.diff
import data.forge.statements

_imports contains {"file": statements.brief(file), "line": line, "path": match[1]} if {
	some file in diff.code
	some line in code.hits(file, `(?:from|import|require)[ (]*['"]`)
	some match in regex.find_all_string_submatch_n(`(?:from|import|require)[ (]*['"]([^'"]+)['"]`, file.rows[line], -1)
	regex.match(`^(?:[.]{1,2}/|@/|~/|src/)`, match[1])
}

_extension := `[.](?:[cm]?[jt]sx?|json|css|scss|png|jpe?g|svg|gif|webp)$`

_known := {regex.replace(regex.replace(path, _extension, ""), `/index$`, "") | some path in diff.changed_paths}

_known_in_small := {lower(path) | some path in _known}

# The file that the import means is part of the change, and is written otherwise.
miswritten contains place if {
	some place in _imports
	startswith(place.path, ".")
	target := regex.replace(_resolved(place.file.path, place.path), _extension, "")
	not target in _known
	lower(target) in _known_in_small
}

miswritten contains place if {
	some place in _imports
	regex.match(`^(?:@|~|src)/`, place.path)
	tail := regex.replace(regex.replace(place.path, `^(?:@|~|src)/`, "/"), _extension, "")
	count({path | some path in _known; endswith(path, tail)}) == 0
	some lowered in _known_in_small
	endswith(lowered, lower(tail))
}

# Folders are written in small letters; an extension in capitals is another file.
miswritten contains place if {
	some place in _imports
	regex.match(`/(?:Components|Utils|Hooks|Services|Helpers|Types|Pages|Screens|Assets|Images|Lib|Libs|Store|Api|Constants|Styles|Context|Features|Shared|Common|Modules|Config|Icons|Layouts|Models|Interfaces)/|[.](?:PNG|JPE?G|SVG|GIF|TSX?|JSX?|JSON|CSS|SCSS)$`, place.path)
	not _stands_so(place.path)
}

# The default import's name tells how the file is written: `import UserCard from './usercard'`.
miswritten contains place if {
	some place in _imports
	match := regex.find_all_string_submatch_n(`^import[ \t]+([A-Z][a-z0-9]+[A-Z][0-9A-Za-z]*)[ \t]+from[ \t]*['"][^'"]*/([0-9A-Za-z]+)(?:[.][jt]sx?)?['"]`, statements.file_of[place.file.path].rows[place.line], 1)[0]
	lower(match[1]) == lower(match[2])
	match[1] != match[2]
	regex.match(`^(?:[a-z0-9]+|[A-Z][a-z0-9]+|[A-Z0-9]+)$`, match[2])
	not _stands_so(place.path)
}

_stands_so(path) if {
	tail := regex.replace(regex.replace(path, `^(?:[.]{1,2}/|@/|~/|src/)+`, ""), _extension, "")
	some known in _known
	contains(known, tail)
}

_stands_so(path) if {
	some folder in regex.find_n(`/[A-Z][A-Za-z]+/`, path, -1)
	some known in diff.changed_paths
	contains(known, folder)
}

_resolved(from, path) := concat("/", array.concat(array.slice(folders, 0, count(folders) - up), names)) if {
	parts := split(from, "/")
	folders := array.slice(parts, 0, count(parts) - 1)
	steps := split(path, "/")
	up := count([step | some step in steps; step == ".."])
	names := [step | some step in steps; not step in {"..", ".", ""}]
	up <= count(folders)
}
