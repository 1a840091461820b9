"""Violations as people and CI read them: plain rows, because the list is the page of a million rows."""

from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from compliance.models import PullRequest, Transition, Violation

Row = dict[str, Any]
FEW_PULLS = 300
"""As many pull requests have so few violations that sorting them takes no time."""

_COLUMNS = (
    "id", "severity", "status", "commit_sha", "source", "package", "message", "context", "fingerprint", "first_seen",
    "last_seen", "resolved_at", "override_until", "resolution", "file_path", "override_reason",
    "override_approved_by", "resolved_by", "rule_id", "pull_request_id", "line",
)  # fmt: skip
# Built once: spelling thirty columns out takes longer than reading a page.
_ROWS = cast("QuerySet[Violation, Any]", Violation.objects.values(*_COLUMNS))
_BESIDES = """
    SELECT violation.id, pull.number, pull.author, repository.name, state.last_seen
    FROM compliance_violation violation
    JOIN compliance_pullrequest pull ON pull.id = violation.pull_request_id
    JOIN compliance_repository repository ON repository.id = violation.repository_id
    LEFT JOIN compliance_rulestate state
        ON (state.pull_request_id, state.source, state.package, state.rule_id)
         = (violation.pull_request_id, violation.source, violation.package, violation.rule_id)
    WHERE violation.id = ANY(%s)
"""


def rows() -> QuerySet[Violation, Any]:
    """All violations with the columns that they are shown with, without making model instances.

    Nothing is joined or looked up beside them: that would be done before the page is cut, for everything that the
    filters find. ``settled`` does it for the page.
    """
    return _ROWS.all()


def listed(violations: QuerySet[Violation]) -> QuerySet[Violation, Any]:
    """These violations as ``rows`` has them."""
    return cast("QuerySet[Violation, Any]", violations.values(*_COLUMNS))


def on_pulls(violations: QuerySet[Violation], pulls: QuerySet[PullRequest]) -> tuple[QuerySet[Violation], bool]:
    """Those on these pull requests, and whether the pull requests are few: ``FEW_PULLS`` at most.

    The violations of a pull request came in together: walking down all keys until a page of them is found, as the
    planner likes to, passes by everybody else's. Where they are few, they are better found and then sorted.
    """
    keys = list(pulls.order_by().values_list("pk", flat=True)[: FEW_PULLS + 1])
    if len(keys) > FEW_PULLS:
        return violations.filter(pull_request__in=pulls.order_by().values("pk")), False
    return violations.filter(pull_request__in=keys), True


def settled(page: Sequence[Row]) -> list[Row]:
    """Rows with the API's names and with what is known of their pull requests. One query, whatever the page holds."""
    with connection.cursor() as cursor:
        cursor.execute(_BESIDES, [[row["id"] for row in page]])
        known = {
            key: {"pr_number": number, "author": author, "repository": repository, "state_seen": seen}
            for key, number, author, repository, seen in cursor.fetchall()
        }
    return [_settled(row | known[row["id"]]) for row in page]


def _settled(row: Row) -> Row:
    """A live violation that is seen again unchanged is not rewritten: its rule's state knows when that was."""
    seen = row["last_seen"]
    if row["state_seen"] and row["resolved_at"] is None:
        seen = max(seen, row["state_seen"])
    return {**row, "rule": row["rule_id"], "line_number": row["line"], "last_seen": seen}


def containing(violations: QuerySet[Violation], text: str) -> QuerySet[Violation]:
    """Those whose message, file path or rule id contains the text, in whatever case."""
    return violations.filter(Q(message__icontains=text) | Q(file_path__icontains=text) | Q(rule__id__icontains=text))


def timeline(violation: UUID) -> QuerySet[Transition, Any]:
    """Every change of a violation's state, oldest first."""
    changes = Transition.objects.filter(violation=violation).order_by("at", "id")
    return changes.values("at", "from_status", "to_status", "cause")
