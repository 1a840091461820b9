"""Violations as people and CI read them: plain rows, because the list is the page of a million rows."""

from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery

from compliance.models import PullRequest, RuleState, Transition, Violation

Row = dict[str, Any]

_COLUMNS = (
    "id", "severity", "status", "commit_sha", "source", "package", "message", "context", "fingerprint", "first_seen",
    "last_seen", "resolved_at", "override_until", "resolution", "file_path", "override_reason",
    "override_approved_by", "resolved_by", "rule_id", "pull_request_id", "line",
)  # fmt: skip


def rows(violations: QuerySet[Violation]) -> QuerySet[Violation, Any]:
    """The columns that a violation is shown with, without making model instances; ``settled`` finishes a page of them.

    Nothing is joined: a join is made before the page is cut, of everything that the filters find.
    """
    state = RuleState.objects.filter(
        pull_request=OuterRef("pull_request"),
        source=OuterRef("source"),
        package=OuterRef("package"),
        rule=OuterRef("rule"),
    )
    seen = Subquery(state.order_by().values("last_seen"))
    return cast("QuerySet[Violation, Any]", violations.annotate(state_seen=seen).values(*_COLUMNS, "state_seen"))


def settled(page: Sequence[Row]) -> list[Row]:
    """Rows with the API's names and with what is known of their pull requests. One query, whatever the page holds."""
    pulls = PullRequest.objects.filter(pk__in={row["pull_request_id"] for row in page}).order_by()
    known = {
        key: {"pr_number": number, "author": author, "repository": repository}
        for key, number, author, repository in pulls.values_list("pk", "number", "author", "repository__name")
    }
    return [_settled(row) | known[row["pull_request_id"]] for row in page]


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
