"""Alerts about the installation itself: raised in the public schema, for the operators, from wherever one is."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django_tenants.utils import get_public_schema_name, schema_context

from alerts.services.raising import Fact, raise_alerts, resolve_alerts


def alert_operators(facts: Sequence[Fact], *, at: datetime) -> list[UUID]:
    """Say that things are so with the installation; returns the keys of their alerts, in the facts' order.

    The public schema has policies, channels, silences and an escalation of its own, edited on the public host. The
    link of a fact has to lead there: make it within ``schema_context("public")``.
    """
    with schema_context(get_public_schema_name()):
        return [alert.pk for alert in raise_alerts(facts, at=at)]


def calm_operators(keys: Iterable[str], *, at: datetime) -> int:
    """Say that things are over. Returns how many were open."""
    with schema_context(get_public_schema_name()):
        return resolve_alerts(keys, at=at)
