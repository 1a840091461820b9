"""What goes when its time is over, and what goes with it."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet
from django_tenants.utils import get_public_schema_name

from alerts.models import Alert, AlertEvent, Delivery, Digest, Notification
from alerts.queries.expired import expired_alerts, expired_deliveries, expired_digests
from compliance.models import Check, Evaluation, StatusUpdate, Submission, TenantSettings, Transition, Trend, Violation
from compliance.queries.expired import (
    expired_evaluations,
    expired_payloads,
    expired_reports,
    expired_trends,
    expired_updates,
    expired_violations,
)
from compliance.retention import Horizons, horizons
from compliance.services.forgetting import forget_judgement, remember_heads
from operations.archive.tables import Table
from overrides.queries.requests import held_violations
from tenants.current import connection

Due = Callable[[Horizons, datetime], QuerySet[Any]]
Roots = Collection[UUID]


@dataclass(frozen=True, slots=True)
class Kind:
    """Rows that go by a date of their own (the roots), and the rows of other tables that go with them.

    Args:
        tables: what a row may only stand beside comes before it: so they are restored, and backwards deleted.
        roots: the table among them that the others hang on.
        ended: the roots' column that the retention counts from, and that names the day in the archive.
        due: the roots that may go, given the horizons and the time.
        pull: the roots' column that names their pull request, which is locked while they go.
    """

    name: str
    tables: tuple[Table, ...]
    roots: Table
    ended: str
    due: Due
    pull: str = ""
    before: Callable[[Roots], None] | None = None
    """Called with the roots that are about to go."""
    closing: Callable[[Roots], None] | None = None
    """Called with the pull requests of roots that go."""
    foreseen: Due | None = None
    """The roots that may go once those of other kinds are gone."""
    rows_at_once: int = 50_000
    """In one file."""

    @property
    def counts_days(self) -> bool:
        """Whether ``ended`` is a day, not a moment."""
        return self.roots.model._meta.get_field(self.ended).get_internal_type() == "DateField"

    def due_in(self, kept: Horizons, at: datetime, *, day: date) -> QuerySet[Any]:
        """Those of the roots that may go whose time is counted from this day (UTC)."""
        rows: QuerySet[Any] = self.due(kept, at).filter(self.on(day))
        return rows.order_by("pk")

    def on(self, day: date) -> Q:
        """Roots whose time is counted from this day (UTC)."""
        if self.counts_days:
            return Q(**{self.ended: day})
        start = datetime.combine(day, time(), UTC)
        return Q(**{f"{self.ended}__gte": start, f"{self.ended}__lt": start + timedelta(days=1)})


def _due_violations(kept: Horizons, at: datetime) -> QuerySet[Any]:
    return expired_violations(kept.violations).exclude(pk__in=held_violations(at))


SUBMISSIONS = Table("submissions", Submission, omit=frozenset({"payload"}))
VIOLATIONS = Table("violations", Violation)
EVALUATIONS = Table("evaluations", Evaluation)
ALERTS = Table("alerts", Alert)
DELIVERIES = Table("deliveries", Delivery)
DIGESTS = Table("digests", Digest)
TRENDS = Table("trends", Trend)
UPDATES = Table("status_updates", StatusUpdate)
PAYLOADS = Table(
    "payloads",
    Submission,
    only=frozenset({"id", "repository", "number", "source", "format", "run_id", "received_at", "payload"}),
    emptied="payload",
)

TENANT_KINDS = (
    Kind("payloads", (PAYLOADS,), PAYLOADS, "finished_at", lambda kept, at: expired_payloads(kept.payloads)),
    Kind(
        "violations",
        (VIOLATIONS, Table("transitions", Transition, link="violation_id")),
        VIOLATIONS,
        "resolved_at",
        _due_violations,
        pull="pull_request_id",
        closing=forget_judgement,
    ),
    Kind(
        "evaluations",
        (
            Table("submissions", Submission, root="submission_id", omit=frozenset({"payload"}), changes=True),
            EVALUATIONS,
            Table("checks", Check, link="evaluation_id"),
        ),
        EVALUATIONS,
        "created_at",
        lambda kept, at: expired_evaluations(kept.violations),
        pull="pull_request_id",
        before=remember_heads,
        foreseen=lambda kept, at: expired_evaluations(kept.violations, emptied=False),
        rows_at_once=10_000,
    ),
    Kind(
        "reports",
        (SUBMISSIONS,),
        SUBMISSIONS,
        "finished_at",
        lambda kept, at: expired_reports(kept.violations),
        foreseen=lambda kept, at: expired_reports(kept.violations, emptied=False),
    ),
    Kind("trends", (TRENDS,), TRENDS, "date", lambda kept, at: expired_trends(kept.trends)),
    Kind("status_updates", (UPDATES,), UPDATES, "finished_at", lambda kept, at: expired_updates(kept.violations)),
)
ALERT_KINDS = (
    Kind(
        "alerts",
        (
            ALERTS,
            Table("alert_events", AlertEvent, link="alert_id"),
            Table("deliveries", Delivery, link="alert_id", changes=True),
            Table("notifications", Notification, link="alert_id", changes=True),
        ),
        ALERTS,
        "resolved_at",
        lambda kept, at: expired_alerts(kept.alerts),
        rows_at_once=10_000,
    ),
    Kind(
        "deliveries",
        (DELIVERIES, Table("notifications", Notification, link="delivery_id", changes=True)),
        DELIVERIES,
        "finished_at",
        lambda kept, at: expired_deliveries(kept.alerts),
        rows_at_once=10_000,
    ),
    Kind(
        "digests",
        (DIGESTS,),
        DIGESTS,
        "at",
        lambda kept, at: expired_digests(kept.alerts),
        foreseen=lambda kept, at: expired_digests(kept.alerts, emptied=False),
    ),
)


def kinds_here() -> tuple[Kind, ...]:
    """The kinds of the current schema; the public one has alerts alone."""
    if connection.schema_name == get_public_schema_name():
        return ALERT_KINDS
    return TENANT_KINDS + ALERT_KINDS


def kind_named(name: str) -> Kind:
    """The kind of this name."""
    return next(kind for kind in TENANT_KINDS + ALERT_KINDS if kind.name == name)


def horizons_here(*, at: datetime) -> Horizons:
    """How far back the current tenant keeps things; for operators, what the settings say."""
    if connection.schema_name != get_public_schema_name():
        return TenantSettings.current().horizons(at=at)
    days = settings.OPERATOR_ALERTS_KEPT_DAYS
    return horizons(at=at, violations=days, trends=days, alerts=days, payloads=days)
