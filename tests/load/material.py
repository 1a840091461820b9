"""Reports and rows in bulk, in the mix that real ones have: most are warnings, few block."""

from typing import Any

import psycopg

from tests import factories

FILES = [f"apps/api/src/module-{number % 400}/service-{number}.service.ts" for number in range(2_000)]
_KINDS = [("BLOCK", "R01", "security")] + [("OVERRIDE", "R13", "security")] * 9 + [("WARNING", "R16", "quality")] * 90
_MARKERS = {"BLOCK": "HARD STOP", "OVERRIDE": "OVERRIDE REQUIRED", "WARNING": "WARNING"}
_SETS = {"BLOCK": "deny", "OVERRIDE": "deny", "WARNING": "warn"}


def big_report(numbers: range, **fields: Any) -> dict[str, Any]:
    """A report with one finding per number; the same number is the same finding, in the same of at most 2,000 files."""
    documents: dict[str, Any] = {
        "security": {"deny": [], "warn": [], "input_valid": True},
        "quality": {"deny": [], "warn": [], "input_valid": True},
        "architecture": {"deny": []},
    }
    for number in numbers:
        severity, rule, package = _KINDS[number % 100]
        documents[package][_SETS[severity]].append(
            f"{_MARKERS[severity]} [{package.title()}/{rule}]: File {FILES[number % len(FILES)]} breaks the rule in "
            f"place {number:x} of its kind. Add the missing part, cover it with a test, and say in the pull request "
            "why it is safe; the remediation of the rule shows an example."
        )
    return factories.report(results=documents, changed_files=FILES[: len(numbers)], **fields)


def seed_violations(owner: psycopg.Connection, schema: str, *, count: int) -> None:
    """Write violations as years of work leave them: in 200 repositories and 5,000 pull requests, one in five live."""
    owner.execute(f"SET search_path = {schema}")
    owner.execute(
        "INSERT INTO compliance_repository "
        "(name, web_url, default_branch, sends_status, sends_comment, trusted_policies) "
        "SELECT 'load/repository-' || n, '', 'main', true, true, '{}' FROM generate_series(1, 200) n"
    )
    owner.execute(
        f"""
        INSERT INTO compliance_pullrequest (id, repository_id, number, branch, base_branch, title, author, url, state,
            head_sha, block_count, override_count, warning_count, open_block_count, open_override_count,
            open_warning_count, score, open_score, verdict, description, override_markers, head_awaited, comment_id)
        SELECT {_KEY}, r.id, 1 + n / 200, '', '', 'Pull request ' || n, 'author-' || n % 150, '', 'open', 'abc',
            0, 0, 0, 0, 0, 0, 100, 100, 'PASS', '', '{{}}', false, ''
        FROM generate_series(1, 5000) n
        JOIN (SELECT id, row_number() OVER (ORDER BY id) AS place FROM compliance_repository
              WHERE name LIKE 'load/%') r ON r.place = 1 + n % 200
        """
    )
    owner.execute(_VIOLATIONS, [count])
    owner.execute("VACUUM ANALYZE")


# A time-ordered key of the minute n of 2024, made where the server has no uuidv7() yet.
_KEY = (
    "(lpad(to_hex(1704067200000 + n * 60000::bigint), 12, '0') || '7' || substr(md5(n::text), 1, 3) || 'a' "
    "|| substr(md5(n::text), 4, 15))::uuid"
)
_VIOLATIONS = f"""
    INSERT INTO compliance_violation (id, pull_request_id, repository_id, rule_id, source, package, severity, status,
        resolution, file_path, line, message, context, fingerprint, commit_sha, first_seen, last_seen, resolved_at,
        resolved_by, override_reason, override_approved_by, override_severity)
    SELECT {_KEY}, p.id, p.repository_id, 'R' || lpad((1 + n %% 23)::text, 2, '0'), 'opa', 'security',
        CASE WHEN n %% 100 = 0 THEN 'BLOCK' WHEN n %% 10 = 0 THEN 'OVERRIDE' ELSE 'WARNING' END,
        CASE WHEN n %% 5 > 0 THEN 'RESOLVED' WHEN n %% 500 = 0 THEN 'OVERRIDDEN' ELSE 'OPEN' END,
        CASE WHEN n %% 5 > 0 THEN 'FIXED' ELSE '' END,
        'apps/api/src/module-' || n %% 400 || '/file-' || n %% 20000 || '.ts', n %% 300,
        'WARNING [Quality/R16]: File number ' || n || ' needs error path tests. Add tests covering '
        || 'validation errors (400), business rule errors (422), and system errors (500).',
        '{{}}', md5(n::text)::uuid, 'abc',
        timestamptz '2024-01-01 00:00:00Z' + n * interval '1 minute',
        timestamptz '2024-01-01 00:00:00Z' + n * interval '1 minute',
        CASE WHEN n %% 5 > 0 THEN timestamptz '2024-02-01' + n * interval '1 minute' END, '', '', '', ''
    FROM generate_series(1, %s) n
    JOIN (SELECT id, repository_id, row_number() OVER (ORDER BY id) AS place FROM compliance_pullrequest
          WHERE title LIKE 'Pull request %%') p ON p.place = 1 + (n / 7) %% 5000
"""
