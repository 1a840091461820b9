# METADATA
# title: Cross-Platform Compatibility
# description: What runs on web and mobile: platform APIs, server APIs, separators, and the case of paths.
package forge.rules.r24

import rego.v1

import data.forge.code
import data.forge.diff
import data.forge.imports
import data.forge.paths
import data.forge.statements

# --- Where code runs ---

_shared contains file if {
	some file in diff.production
	regex.match(`(?:^|/)(?:libs|packages|shared|common)/`, file.path)
	not regex.match(`(?:^|/)(?:api|backend|server|node|nest|infrastructure|persistence|cli|scripts|tooling|database|prisma|web|web-[a-z]+|admin|eslint[a-z-]*)/|[.](?:service|controller|module|guard|repository|handler|web|native|ios|android|server)[.][jt]sx?$`, file.path)
	not regex.match(`from ['"](?:@nestjs/|express|fastify|@prisma/)`, file.text)
}

_mobile contains file if {
	some file in diff.production
	regex.match(`(?i)(?:^|/)(?:[a-z-]*mobile[a-z-]*|native|react-native|expo)/`, file.path)
	not regex.match(`[.](?:web|server)[.][jt]sx?$`, file.path)
}

_web contains file if {
	some file in diff.production
	regex.match(`(?:^|/)(?:web|frontend|client|admin|dashboard|portal)/|(?:^|/)packages/ui[a-z-]*/`, file.path)
	not regex.match(`(?:^|/)(?:api|server|backend|middleware)/|[.](?:server|config|setup)[.]|(?:^|/)(?:middleware|instrumentation|route|server)[.][jt]sx?$|(?:^|/)(?:next|vite|webpack|tailwind|postcss|eslint|babel|metro)[.a-z-]*[.][cm]?[jt]s$`, file.path)
}

_clients contains file if some file in _web

_clients contains file if {
	some file in _mobile
	not regex.match(`[.](?:server|config|setup)[.]|(?:^|/)(?:metro|babel|app|react-native)[.]config[.]`, file.path)
}

_clients contains file if some file in _shared

_clients contains file if {
	some file in diff.production
	regex.match(`(?m)^['"]use client['"]`, file.text)
}

# --- Platform APIs ---

_browser := `(?:^|[^0-9A-Za-z_$.])(?:window[.][a-zA-Z]|document[.](?:getElement|querySelector|createElement|body|cookie|title|addEventListener|removeEventListener|documentElement|head|activeElement|visibilityState|execCommand|referrer|location)|(?:localStorage|sessionStorage)[.\[]|navigator[.](?:clipboard|geolocation|userAgent|share|vibrate|serviceWorker|mediaDevices|onLine|language)|(?:alert|confirm)\(['"\x60]|new (?:FileReader|IntersectionObserver|ResizeObserver|MutationObserver|Notification|XMLSerializer|DOMParser)\(|indexedDB[.]|history[.]pushState|location[.](?:href|reload|assign|pathname))`

_native := `(?:^|[^0-9A-Za-z_$.])(?:BackHandler|ToastAndroid|PermissionsAndroid|ActionSheetIOS|Vibration|NativeModules|StatusBar|AlertIOS|DrawerLayoutAndroid|SettingsIOS|PushNotificationIOS|ProgressBarAndroid|TouchableNativeFeedback|DatePickerAndroid|DatePickerIOS|Settings)[.][a-zA-Z]`

_guard := `Platform[.](?:OS|select|Version)|typeof[ ](?:window|document|navigator|localStorage|globalThis)|is(?:Web|Browser|Native|IOS|Ios|Android|Mobile|ReactNative|Server|Client)|canUseDOM|['"](?:window|document)['"][ ]in[ ]|globalThis[?]?[.](?:window|document)`

found contains finding if {
	some file in _shared | _mobile
	some line in statements.hits(file, _browser)
	code_of_line := statements.bare(file.rows[line])
	regex.match(_browser, file.rows[line])
	regex.match(`window|document|Storage|navigator|alert|confirm|new |indexedDB|history|location`, code_of_line)
	name := regex.find_n(`window|document|localStorage|sessionStorage|navigator|alert|confirm|FileReader|[A-Z][A-Za-z]*Observer|Notification|XMLSerializer|DOMParser|indexedDB|history|location`, regex.find_n(_browser, file.rows[line], 1)[0], 1)[0]
	not _declared(file, name)
	not _guarded(file, line)
	finding := diff.finding(
		"R24", file, line,
		sprintf("Platform API without a guard: %s is the browser's, this code runs on mobile too.", [name]),
		"Put it behind Platform.OS, or into a .web.tsx file beside a .native.tsx one.",
	)
}

found contains finding if {
	some file in _shared | _mobile
	some line in statements.hits(file, _native)
	name := regex.find_n(`[A-Z][A-Za-z]*`, regex.find_n(_native, file.rows[line], 1)[0], 1)[0]
	_one_platform(file, name)
	regex.match(concat("", [`import[^;]*`, name, `[^;]*from[ ]*['"]react-native`]), file.text)
	not _guarded(file, line)
	finding := diff.finding(
		"R24", file, line,
		sprintf("Platform API without a guard: %s is not there on every platform.", [name]),
		"Put it behind Platform.OS or Platform.select, or into .ios.tsx and .android.tsx files.",
	)
}

# On one phone system only; in shared code also what no browser has.
_one_platform(_, name) if regex.match(`Android|IOS|^BackHandler$`, name)

_one_platform(file, _) if file in _shared

# A native module in code that the web imports as well.
found contains finding if {
	some file in _shared
	pattern := `^import[^'"]*['"]((?:react-native-[a-z-]+|expo-[a-z-]+|@react-native-[a-z-]+/[a-z-]+|@react-native/[a-z-]+)(?:/[^'"]*)?)['"]`
	some line in code.hits(file, pattern)
	name := regex.find_all_string_submatch_n(pattern, file.rows[line], 1)[0][1]
	not regex.match(`^(?:react-native-web|react-native-svg|expo-(?:router|constants|linking|font|status-bar)|@react-native-async-storage/)`, name)
	not regex.match(_guard, file.text)
	finding := diff.finding(
		"R24", file, line,
		sprintf("Platform API without a guard: %s has no web side.", [name]),
		"Import it in a .native.tsx file only, with a .web.tsx file beside it.",
	)
}

# The name is a parameter or a variable of the file's own.
_declared(file, name) if regex.match(concat("", [
	`(?:const|let|var|function)[ \t]+(?:\{[^}]*)?`, name, `[^0-9A-Za-z_$]|[(,][ ]*`, name, `[?]?[ ]*(?::|,|\)[ ]*(?::[^=]*)?=>)|\b`, name, `[ ]*=>`,
]), file.text)

# In the line, in the condition above it, or by leaving the function where the platform is another.
_guarded(file, line) if regex.match(_guard, file.rows[line])

_guarded(file, line) if {
	own := file.indents[line]
	some number in numbers.range(max([1, line - 40]), line)
	number < line
	regex.match(_guard, file.rows[number])
	_reaches(file, number, line, own)
}

# The condition's block is around the line.
_reaches(file, number, line, own) if {
	file.indents[number] < own
	code.block(file, number).last >= line
}

# `if (Platform.OS !== 'web') return;` above, in the same function.
_reaches(file, number, line, own) if {
	file.indents[number] <= own
	regex.match(`return|throw|&&[ \t]*$|[?][ \t]*$`, concat(" ", [file.rows[number], object.get(file.rows, number + 1, "")]))
	line - number < 20
	not _ends_between(file, number, line)
}

_ends_between(file, number, line) if {
	some between in numbers.range(number, line)
	between > number
	between < line
	file.indents[between] < file.indents[number]
}

# --- Server APIs ---

_modules := `fs|fs/promises|path|os|child_process|net|tls|dns|http|https|http2|crypto|zlib|stream|cluster|worker_threads|readline|vm|perf_hooks|module|fs-extra|glob|pg|mysql2?|mongodb|mongoose|ioredis|redis|bcrypt|nodemailer|express|fastify|sharp|knex|typeorm|@prisma/client|@nestjs/[a-z-]+|server-only|aws-sdk|bull|bullmq|amqplib|kafkajs`

_server_import := concat("", [`^(?:import[ \t]+(?:[^'"]*[ \t]from[ \t]*)?|[^/]*(?:require|import)\(|\}[ \t]*from[ \t]*)['"](?:node:[a-z_/]+|`, _modules, `)['"]`])

found contains finding if {
	some file in _clients
	some line in code.hits(file, _server_import)
	not regex.match(`^import[ \t]+type|typeof import|^[ \t]*export[ \t]+type`, file.rows[line])
	not regex.match(`@nestjs/(?:swagger|mapped-types|common)['"]`, file.rows[line])
	not _use_server(file)
	not _shared_on_server(file)
	name := regex.find_all_string_submatch_n(`['"]([^'"]+)['"]`, file.rows[line], 1)[0][1]
	finding := diff.finding(
		"R24", file, line,
		sprintf("Server API in client code: %s is not there in a browser or on a phone.", [name]),
		"Move it behind an endpoint, or use the platform's own utility from the shared library.",
	)
}

_process := `(?:^|[^0-9A-Za-z_$.])(?:process[.](?:cwd|exit|argv|stdout|stdin|platform|memoryUsage|hrtime|on|nextTick|uptime|pid)(?:[^0-9A-Za-z_]|$)|__dirname(?:[^0-9A-Za-z_]|$)|__filename(?:[^0-9A-Za-z_]|$)|Buffer[.](?:from|alloc|concat)\(|setImmediate\(|fs[.](?:readFile|writeFile|existsSync|mkdir|unlink|readdir|stat|promises)[A-Za-z]*)`

found contains finding if {
	some file in _clients
	some line in statements.hits(file, _process)
	regex.match(`process[.]|__dirname|__filename|Buffer|setImmediate|fs[.]`, statements.bare(file.rows[line]))
	not _use_server(file)
	not _shared_on_server(file)
	not regex.match(`typeof process|from ['"]buffer|expo-file-system|react-native-fs`, file.text)
	name := trim(regex.find_n(`[A-Za-z_][A-Za-z_.]*`, regex.find_n(_process, file.rows[line], 1)[0], 1)[0], ".")
	finding := diff.finding(
		"R24", file, line,
		sprintf("Server API in client code: %s is Node's.", [name]),
		"Move it behind an endpoint, or use the platform's own utility from the shared library.",
	)
}

# Bundlers put in what is public by its name; every other setting is undefined in the client, or a leaked secret.
_environment := `process[.]env(?:[.]([A-Za-z0-9_]+)|\[['"]([A-Za-z0-9_]+)['"]\])`

found contains finding if {
	some file in _web | _mobile
	some line in code.hits(file, _environment)
	some match in regex.find_all_string_submatch_n(_environment, file.rows[line], -1)
	name := concat("", [match[1], match[2]])
	not regex.match(`^(?:NEXT_PUBLIC_|EXPO_PUBLIC_|EXPO_|REACT_APP_|VITE_|PUBLIC_|GATSBY_|NODE_ENV$|CI$|STORYBOOK|JEST)`, name)
	not _use_server(file)
	regex.match(`SECRET|TOKEN|PASSWORD|PRIVATE|DATABASE|_KEY$|REDIS|SMTP`, name)
	finding := diff.finding(
		"R24", file, line,
		sprintf("Server API in client code: process.env.%s is a server's setting.", [name]),
		"Ask the API for what the client needs; a public setting carries the bundler's prefix.",
	)
}

_use_server(file) if regex.match(`(?m)^[ \t]*['"]use server['"]|server-only|getServerSideProps|getStaticProps`, file.text)

# Shared code that only the server imports says so by what it is.
_shared_on_server(file) if {
	file in _shared
	not file in _mobile | _web
	regex.match(`@Injectable\(|@Module\(|@nestjs/common`, file.text)
}

# --- Separators ---

_paths_in contains file if {
	some file in diff.production
	not regex.match(`(?:^|/)(?:eslint|regex|patterns?)[^/]*$`, file.path)
}

# A backslash is written twice in a string, and four times where it is escaped once more.
_backslash := concat("", [
	# Two or more steps, or one after a drive, a dot or a word.
	`['"\x60](?:[^'"\x60\n]*[0-9A-Za-z_.:}-])?(?:\\{2,4}[0-9A-Za-z_.${-]{2,}){2,}`, `|`,
	`['"\x60](?:[A-Za-z]:|[.]{1,2})(?:\\{2,4}[0-9A-Za-z_.${-]+)+[^'"\x60\n]*['"\x60]`, `|`,
	`['"\x60][0-9A-Za-z_-]{2,}\\{2,4}[0-9A-Za-z_-]{2,}[^'"\x60\n]*['"\x60]`, `|`,
	# Put together by a plus or in a template.
	`['"\x60][0-9A-Za-z_./:-]{3,}\\{2,4}['"][ ]*\+`, `|`,
	`(?:[pP]ath|[dD]ir|[fF]older|[rR]oot|[bB]ase|[dD]est|[hH]ome|__dirname|cwd\(\)|[fF]ile(?:name)?)[ ]?(?:\+[ ]*['"\x60]\\{2,4}|\}?\\{2,4})`, `|`,
	`[.](?:split|join|lastIndexOf|indexOf)\(['"]\\{2,4}['"]\)`,
])

found contains finding if {
	some file in _paths_in
	contains(file.added, `\\`)
	some line in code.hits(file, _backslash)
	not regex.match(`RegExp|[.](?:match|test|replace|replaceAll|search)\(|regex|pattern|\\\\[dwsbSDWB][+*?.{'"\\]`, file.rows[line])
	finding := diff.finding(
		"R24", file, line,
		"Hard-coded path separator: backslashes work on Windows only.",
		"Build the path with path.join, or the platform's own function.",
	)
}

_slash := `(?:__dirname|__filename|process[.]cwd\(\)|os[.](?:tmpdir|homedir)\(\)|[a-zA-Z]*(?:[dD]ir|[dD]irectory|[fF]older|[fF]ilePath|[rR]ootPath|[uU]ploadPath|[dD]estPath|[oO]utputPath|[bB]aseDir|documentDirectoryPath|DocumentDirectoryPath))[ ]*\+[ ]*['"\x60]/|\$\{(?:__dirname|process[.]cwd\(\)|os[.](?:tmpdir|homedir)\(\)|[a-zA-Z.]*(?:[dD]ir|[dD]irectory|[fF]older|[fF]ilePath|[rR]ootPath|[uU]ploadPath|[dD]estPath|[oO]utputPath|DirectoryPath))\}/|(?:[fF]ilePath|[fF]ileName|__filename|[fF]ullPath|[aA]bsolutePath|[lL]ocalPath)[.](?:split|lastIndexOf|indexOf)\(['"]/['"]\)|['"]/['"][ ]*\+[ ]*(?:file[nN]ame|fileName)|[.](?:split|join)\(['"]/['"]\)[^\n]*(?:[dD]ir|[fF]ile)`

found contains finding if {
	some file in _paths_in
	some line in code.hits(file, _slash)
	not regex.match(`(?i)url|href|https?:|route|endpoint|bucket|s3|pathname|file:///?|import |cdn|FileSystem[.]documentDirectory`, file.rows[line])
	finding := diff.finding(
		"R24", file, line,
		"Hard-coded path separator: a path of files is put together by hand.",
		"Build the path with path.join, or the platform's own function.",
	)
}

# --- Case of paths ---

found contains finding if {
	some place in imports.miswritten
	finding := diff.finding(
		"R24", place.file, place.line,
		sprintf("Case-sensitive path: %s is written otherwise on disk.", [place.path]),
		"Write the import in exactly the case that the file has; Linux tells the two apart.",
	)
}

# Two files that are one on a disk that knows no case.
found contains finding if {
	# Without such a pair, which is nearly always, nobody has to look for it.
	count({lower(path) | some path in diff.changed_paths}) < count(diff.changed_paths)
	some file in diff.files
	file.status in {"added", "renamed"}
	some other in diff.changed_paths
	other != file.path
	lower(other) == lower(file.path)
	not _removed(other)
	other < file.path
	finding := diff.finding(
		"R24", file, min(file.new | {1 | count(file.new) == 0}),
		sprintf("Case-sensitive path: %s differs from it by case only.", [other]),
		"Give one of the two another name.",
	)
}

_removed(path) if {
	some change in diff.changes
	change.path == path
	change.status in {"removed", "deleted"}
}
