"""Requests to excuse violations, and the violations that each is about."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Self
from uuid import UUID

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length
from django.db.models.lookups import GreaterThanOrEqual

from accounts.binding import tenant_id
from accounts.models import User
from compliance.choices import Severity
from compliance.models import PullRequest, Violation
from core.ids import new_id
from overrides.choices import Kind, Standing
from overrides.limits import MIN_REASON_CHARS


def evidence_path(request: "OverrideRequest", name: str) -> str:
    """Where a file is kept: a folder per tenant, under a name that nobody chose."""
    return f"{tenant_id()}/evidence/{request.pk}/{new_id()}{PurePath(name).suffix.lower()}"


class OverrideRequestQuerySet(models.QuerySet["OverrideRequest"]):
    """Questions about requests."""

    def pending(self) -> Self:
        """Those that nobody has decided."""
        return self.filter(status=Standing.PENDING)

    def approved(self, at: datetime) -> Self:
        """Those that hold at this time."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=at), status=Standing.APPROVED)

    def overdue(self, at: datetime) -> Self:
        """Approved ones whose time is over."""
        return self.filter(status=Standing.APPROVED, expires_at__lte=at)

    def ending(self, at: datetime, *, within: timedelta) -> Self:
        """Approved ones that hold now and end soon."""
        return self.approved(at).filter(expires_at__lte=at + within)

    def to_warn_of(self, at: datetime, *, days: int) -> Self:
        """Approved ones that end within so many days, of which nobody has been warned that late."""
        unwarned = Q(warned_days=None) | Q(warned_days__gt=days)
        return self.ending(at, within=timedelta(days=days)).filter(unwarned)

    def standing(self, standings: Sequence[str], at: datetime) -> Self:
        """Those that stand so at this time, whether or not somebody has noticed that they are over."""
        wanted = Q(status__in=set(standings) - {Standing.APPROVED})
        if Standing.APPROVED in standings:
            wanted |= Q(status=Standing.APPROVED) & (Q(expires_at=None) | Q(expires_at__gt=at))
        if Standing.EXPIRED in standings:
            wanted |= Q(status=Standing.APPROVED, expires_at__lte=at)
        return self.filter(wanted)

    def naming(self, violation: UUID) -> Self:
        """Those about a violation."""
        return self.filter(pk__in=OverriddenViolation.objects.filter(violation=violation).values("request"))


class OverrideRequest(models.Model):
    """Permission, asked for or given, to merge in spite of named violations of one pull request."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    pull_request = models.ForeignKey(PullRequest, on_delete=models.CASCADE, related_name="override_requests")
    kind = models.TextField(choices=Kind, default=Kind.OVERRIDE)
    status = models.TextField(choices=Standing, default=Standing.PENDING)
    # The labels stay when a person is deleted.
    requested_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="override_requests")
    requested_by_label = models.TextField()
    requested_at = models.DateTimeField()
    reason = models.TextField()
    evidence_url = models.TextField(blank=True)
    evidence = models.FileField(upload_to=evidence_path, max_length=200, blank=True)
    evidence_name = models.TextField(blank=True, help_text="What the file was called.")
    wished_until = models.DateTimeField(null=True, help_text="The end that was asked for.")
    renews = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="renewals")

    decided_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="decided_overrides")
    decided_by_label = models.TextField(blank=True)
    decided_at = models.DateTimeField(null=True)
    rejection_reason = models.TextField(blank=True)
    note = models.TextField(blank=True)
    expires_at = models.DateTimeField(null=True, help_text="False positives have no end.")
    warned_days = models.PositiveSmallIntegerField(null=True, help_text="People were warned so many days before.")

    ended_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="ended_overrides")
    ended_by_label = models.TextField(blank=True)
    ended_at = models.DateTimeField(null=True, help_text="When it was revoked, withdrawn or noticed to be over.")
    revocation_reason = models.TextField(blank=True)

    objects = OverrideRequestQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        permissions = [("decide_overriderequest", "Can approve, reject and revoke overrides")]
        constraints = [
            models.CheckConstraint(
                name="override_needs_a_second_person",
                condition=Q(decided_by=None) | Q(requested_by=None) | ~Q(decided_by=F("requested_by")),
            ),
            models.CheckConstraint(
                name="override_needs_a_reason", condition=GreaterThanOrEqual(Length("reason"), MIN_REASON_CHARS)
            ),
            models.CheckConstraint(
                name="override_says_who_decided_and_when",
                condition=Q(status__in=[Standing.PENDING, Standing.WITHDRAWN], decided_at=None, decided_by_label="")
                | Q(status__in=[Standing.APPROVED, Standing.REJECTED, Standing.REVOKED, Standing.EXPIRED])
                & Q(decided_at__isnull=False)
                & ~Q(decided_by_label=""),
            ),
            models.CheckConstraint(
                name="approved_override_ends",
                condition=~Q(kind=Kind.OVERRIDE, status=Standing.APPROVED) | Q(expires_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["status", "id"], name="override_status"),
            models.Index(fields=["pull_request", "id"], name="override_pull_request"),
            models.Index(fields=["expires_at"], condition=Q(status="APPROVED"), name="override_expiry"),
            models.Index(fields=["requested_by", "requested_at"], name="override_requester"),
        ]

    def __str__(self) -> str:
        return f"{Kind(self.kind).label} for {self.pull_request}"

    def standing_at(self, at: datetime) -> Standing:
        """Where it stands at this time, whether or not somebody has noticed that it is over."""
        over = self.status == Standing.APPROVED and self.expires_at is not None and self.expires_at <= at
        return Standing.EXPIRED if over else Standing(self.status)

    def asked_by(self, user: User) -> bool:
        """Whether this person asked: by the account, and by the name where the account is gone."""
        if self.requested_by_id is None:
            return self.requested_by_label == user.get_username()
        return self.requested_by_id == user.pk


class OverriddenViolation(models.Model):
    """One violation that a request is about. Its rule and file outlive the violation."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    request = models.ForeignKey(OverrideRequest, on_delete=models.CASCADE, related_name="items")
    # Retention removes violations without asking this room.
    violation = models.ForeignKey(Violation, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    rule = models.TextField()
    file_path = models.TextField(blank=True)
    asked_severity = models.TextField(choices=Severity)
    approved_severity = models.TextField(
        choices=Severity, blank=True, help_text="That the approver saw. Empty: it was not among what was approved."
    )

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["request", "violation"], name="a_violation_once_a_request")]
        indexes = [models.Index(fields=["rule", "file_path"], name="override_rule_and_file")]

    def __str__(self) -> str:
        return f"{self.rule} in {self.file_path or 'no file'}"
