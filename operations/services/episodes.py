"""Telling people that a threshold is passed, and that it no longer is: once each, whatever the samples in between."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django_tenants.utils import get_public_schema_name, schema_context

from accounts.models import User
from accounts.roles import Role
from alerts.choices import Tier
from alerts.services.notices import notify
from alerts.services.operators import alert_operators, calm_operators
from alerts.services.raising import Fact
from operations.models import Episode
from operations.thresholds import CRITICAL, Breach, Findings, judge_tenant
from tenants.addresses import absolute
from tenants.current import connection

_TIERS = {Episode.Level.CRITICAL: Tier.BLOCK, Episode.Level.WARNING: Tier.WARNING}
Began = Callable[[str, Breach], None]
Ended = Callable[[Episode], None]


@transaction.atomic
def settle(findings: Findings, *, at: datetime, began: Began, ended: Ended) -> None:
    """Begin, raise and end the current schema's episodes as the findings say, and tell whom it concerns.

    What sinks from critical to a warning goes on as it is: it is over when it is over. In one transaction with what
    people are told, so that a worker that dies in between tells nobody, and the next one everybody.

    Args:
        began: called with the key and the breach of what begins or has become critical.
        ended: called with the episode that is over.
    """
    running = {one.key: one for one in Episode.objects.running().select_for_update().order_by("pk")}
    for key, breach in findings.items():
        episode = running.get(key)
        if breach is None:
            if episode is not None:
                Episode.objects.filter(pk=episode.pk).update(ended_at=at)
                ended(episode)
        elif _begins(key, breach, episode, at=at):
            began(key, breach)


def tell_operators(findings: Findings, *, at: datetime, tenant: str = "") -> None:
    """Settle the public schema's episodes; operators hear through its alert policies, critical ones as tier 1.

    Args:
        tenant: whose findings these are; without one the platform's.
    """
    with schema_context(get_public_schema_name()):
        page = absolute(reverse("admin:operations_tenantreading_changelist", urlconf="config.urls_public"))

        def began(key: str, breach: Breach) -> None:
            named = {"tenant": tenant} if tenant else {}
            title = f"{tenant}: {breach.title}" if tenant else breach.title
            alert_operators(
                [Fact(tier=_TIERS[breach.level], key=_alert_key(key), count=1, title=title, facts=named, link=page)],
                at=at,
            )

        def ended(episode: Episode) -> None:
            calm_operators([_alert_key(episode.key)], at=at)

        named_by = tenant or get_public_schema_name()
        settle({f"{named_by}:{key}": breach for key, breach in findings.items()}, at=at, began=began, ended=ended)


def tell_admins(findings: Findings, *, at: datetime) -> None:
    """Settle the current tenant's episodes; its administrators are notified."""
    page = absolute(reverse("admin:operations_sample_changelist", urlconf="config.urls"))
    admins = list(User.objects.filter(groups__name=Role.TENANT_ADMIN, is_active=True).order_by("pk"))

    def began(key: str, breach: Breach) -> None:
        notify(admins, title=breach.title, link=page, tier=_TIERS[breach.level], at=at)

    def ended(episode: Episode) -> None:
        notify(admins, title=f"Over: {episode.title}", link=page, tier=Tier.WARNING, at=at)

    settle(findings, at=at, began=began, ended=ended)


def judge_current_tenant(figures: Mapping[str, object], *, at: datetime) -> None:
    """Judge the current tenant's figures, and tell its administrators and the operators."""
    schema = str(connection.schema_name)
    tell_admins(judge_tenant(figures, running=running_keys()), at=at)
    with schema_context(get_public_schema_name()):
        prefix = f"{schema}:"
        mine = [key.removeprefix(prefix) for key in running_keys() if key.startswith(prefix)]
    tell_operators(judge_tenant(figures, running=mine), at=at, tenant=schema)


def calm_of_gone(served: Collection[str], *, at: datetime) -> None:
    """End what runs about tenants that are no longer served, in the public schema: nobody samples them."""
    with schema_context(get_public_schema_name()):
        for schema, _, key in (running.partition(":") for running in running_keys()):
            if schema not in (*served, get_public_schema_name()):
                tell_operators({key: None}, at=at, tenant=schema)


def running_keys() -> list[str]:
    """Keys of the current schema's running episodes."""
    return list(Episode.objects.running().values_list("key", flat=True))


def _begins(key: str, breach: Breach, episode: Episode | None, *, at: datetime) -> bool:
    if episode is None:
        new = Episode(key=key, level=breach.level, title=breach.title, began_at=at)
        Episode.objects.bulk_create([new], ignore_conflicts=True)
        return Episode.objects.filter(pk=new.pk).exists()
    if breach.level == CRITICAL != episode.level:
        Episode.objects.filter(pk=episode.pk).update(level=breach.level, title=breach.title)
        return True
    return False


def _alert_key(key: str) -> str:
    return f"health:{key}"
