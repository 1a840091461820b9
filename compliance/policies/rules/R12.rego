# METADATA
# title: Security Event Logging
# description: Sign-ins, changes of permissions and privileged access to personal data that leave no audit entry.
package forge.rules.r12

import rego.v1

import data.forge.code
import data.forge.diff
import data.forge.nest

_audited(text) if regex.match(`(?i)audit|security_?-?(event|log)|log_?security|activity_?log|access_?log|trail`, text)

# Audited by whoever listens.
_audited(text) if regex.match(`(?i)\b(emit|emitAsync|publish|dispatch)[(][^;]*(auth|log(ged)?_?-?(in|on|out)|sign(ed)?_?-?(in|out)|security|session|role|permission|access|impersonat|privilege)`, text)

_leaves_a_trail(_, scope) if _audited(scope.text)

_leaves_a_trail(file, scope) if _audited(code.decorators(file, scope.first))

_leaves_a_trail(file, scope) if _audited(nest.class(file, scope.first))

# Where a finding about a function stands: on its first line if that is new, else on the line that gives it away.
_line(file, scope, _) := scope.first if scope.first in file.new

_line(file, scope, line) := line if not scope.first in file.new

# --- Sign-in ---

_signs_in := `\b(jwt[A-Za-z]*[.]sign|signAsync|signJwt|(bcrypt|bcryptjs|argon2|argon|hasher|hash[A-Za-z]*|password[A-Za-z]*|crypto)[.](compare|compareSync|verify|check|matches)|(verify|compare|check|validate)Password|(issue|create|generate|sign)[A-Za-z]*Tokens?|timingSafeEqual|createSession|sessions?[.](create|delete|destroy|revoke)|signInWith[A-Za-z]*|verify(Otp|Totp|Mfa)|authenticator[.]verify|totp[.](verify|check))[ \t]*[(]`

_sign_in_name := `(?i)\b(login|log_?in|signin|sign_?in|authenticate|logout|log_?out|signout|sign_?out|validateuser|verifymfa|verifyotp|verifytwofactor|sso|oauth)[A-Za-z]*[ \t]*[(=:<]`

found contains finding if {
	some [file, line] in diff.search("server", _signs_in)
	scope := code.scope(file, line)
	scope.closed
	regex.match(_sign_in_name, file.rows[scope.first])
	not _leaves_a_trail(file, scope)
	line == min({hit | some hit in code.hits(file, _signs_in); hit >= scope.first; hit <= scope.last})
	finding := diff.finding(
		"R12", file, _line(file, scope, line),
		"This sign-in leaves no audit entry: neither who came in nor who was refused can be told afterwards.",
		"Call auditService.log() for the success and for every refusal, with the user, the address and the outcome.",
	)
}

# Who was refused, where only the success is written down.
_refuses := `throw[ \t]+new[ \t]+(?:Unauthorized|Forbidden|TooManyRequests|Locked|InvalidCredentials|AccountLocked|BadCredentials|Authentication)[A-Za-z]*[(]|throw[ \t]+new[ \t]+HttpException[(].*(?:423|429|401|403|LOCKED|UNAUTHORIZED|TOO_MANY|FORBIDDEN)`

_notes := `(?i)\b(?:record|log|note|report|track|emit|publish|dispatch|audit)[A-Z_][A-Za-z_]*[(]`

found contains finding if {
	some file in diff.server
	some line in code.hits(file, _refuses)
	scope := code.scope(file, line)
	scope.closed
	regex.match(_signs_in, scope.text)
	regex.match(_sign_in_name, file.rows[scope.first])
	_audited(scope.text)
	not _audited(code.decorators(file, scope.first))
	not _audited(file.rows[scope.first])
	not regex.match(`(?is)\b(?:catch|finally)\b[^}]*audit`, scope.text)
	not _refusal_is_noted(file, scope, line)
	line == min({other |
		some other in code.hits(file, _refuses)
		other > scope.first
		other <= scope.last
		not _refusal_is_noted(file, scope, other)
	})
	finding := diff.finding(
		"R12", file, line,
		"This refusal of a sign-in leaves no audit entry, though the success does: attacks on the account go unseen.",
		"Call auditService.log() with the outcome before refusing: wrong password, locked account, unknown user.",
	)
}

# In the branch that refuses, or before any branch.
_refusal_is_noted(file, scope, line) if {
	branch := code.text(file, _branch(file, scope, line), line)
	_writes_it_down(branch)
}

_refusal_is_noted(file, scope, line) if {
	some number in numbers.range(scope.first + 1, line)
	_writes_it_down(object.get(file.rows, number, ""))
	file.indents[number] <= file.indents[_branch(file, scope, line)]
	number < _branch(file, scope, line)
}

_writes_it_down(text) if _audited(text)

_writes_it_down(text) if regex.match(_notes, text)

# The line that opens the branch around a line, or the line itself.
_branch(file, scope, line) := max({line | not regex.match(`^[ \t]*throw`, file.rows[line])} | {scope.first + 1} | {number |
	some number in numbers.range(scope.first + 1, line)
	file.indents[number] < file.indents[line]
	regex.match(`^[ \t]*(?:[}][ \t]*)?(?:if|else|case|default|switch)\b`, object.get(file.rows, number, ""))
})

# --- Permissions ---

_changes_permissions := concat("", [
	`[.](userRole|userRoles|role|roles|rolePermission|rolePermissions|permission|permissions|userPermission|membership|memberships|roleAssignment|accessGrant|apiKeyScope|teamMember|groupMember)[.](create|createMany|update|updateMany|upsert|delete|deleteMany)[(]`, `|`,
	`\b(role|permission|userRole|membership|rolePermission)s?(Repository|Repo)[.](save|insert|update|delete|remove|upsert)[(]`, `|`,
	`\buser[.](roles?|permissions|isAdmin|scopes)[ \t]*=[^=]`, `|`,
	`\buser[.](roles|permissions|scopes)[.](push|splice)[(]`,
])

_sets_a_role := `\b(user|member|account|users)[.](update|updateMany|upsert)[(]`

found contains finding if {
	some [file, line] in diff.search("server", _changes_permissions)
	scope := code.scope(file, line)
	scope.closed
	not _leaves_a_trail(file, scope)
	finding := diff.finding(
		"R12", file, line,
		"This changes who may do what, and leaves no audit entry.",
		"Write an audit entry in the same transaction: who changed whose role or permission, before and after.",
	)
}

found contains finding if {
	some [file, line] in diff.search("server", _sets_a_role)
	call := code.block(file, line)
	regex.match(`\b(data|update)[ \t]*:[ \t]*[{][^}]*\b(roles?|roleId|roleIds|permissions|isAdmin|isSuperuser|isOwner|scopes|accessLevel)\b[ \t]*([:,}]|$)`, call.text)
	scope := code.scope(file, line)
	scope.closed
	not _leaves_a_trail(file, scope)
	finding := diff.finding(
		"R12", file, line,
		"This changes the role of a user, and leaves no audit entry.",
		"Write an audit entry in the same transaction: who changed whose role, before and after.",
	)
}

# --- Personal data ---

_personal := `(?i)ssn|social_?security|date_?of_?birth|\bdob\b|birth_?date|passport|national_?id|tax_?id|medical|diagnos|iban|bank_?account|card_?number|salary|personal|\bpii\b|sensitive|gdpr|\b(email|phone|address)\b`

_people := `\b(user|customer|patient|employee|member|contact|profile|person|client|resident|applicant|subscriber|technician|tenantUser|userProfile|customerProfile|personalData|medicalRecord)s?([.]find[A-Za-z]*[(]|(Repository|Repo|Service)[.](find|get|load|export|read)[A-Za-z]*[(])`

_decrypts := `(?i)\b(decrypt|reveal|unmask)[A-Za-z]*[(]`

found contains finding if {
	some [file, line] in diff.search("server", concat("", [_people, `|`, _decrypts]))
	scope := code.scope(file, line)
	scope.closed
	_privileged(file, scope)
	regex.match(_personal, scope.text)
	not _leaves_a_trail(file, scope)
	line == min({hit | some hit in code.hits(file, concat("", [_people, `|`, _decrypts])); hit >= scope.first; hit <= scope.last})
	finding := diff.finding(
		"R12", file, _line(file, scope, line),
		"Privileged access to personal data leaves no audit entry: nobody can tell later who has read whose data.",
		"Call auditService.log() with the reader, the person whose data is read, and the reason, before it is returned.",
	)
}

_privileged(file, _) if regex.match(`(?i)(^|[/.-])(admin|back-?office|support|impersonat|staff|superuser|gdpr|privacy|operator)[a-z]*([/.-]|$)`, file.path)

_privileged(file, scope) if regex.match(`(?i)(admin|impersonat|support|export[A-Za-z]*(personal|user|customer|patient|employee|pii|gdpr|data)|reveal|unmask|decrypt|privileged|breakGlass|pii)`, file.rows[scope.first])

_privileged(file, scope) if regex.match(`(?i)@(Roles|RequireRole|RequirePermissions?|Permissions)[(][^)]*(admin|support|staff|super|operator)`, code.decorators(file, scope.first))
