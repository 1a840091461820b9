"""Several alerts in one message."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse

from alerts import messages
from alerts.choices import Occasion, Reason
from alerts.models import Alert, Digest
from tenants.addresses import absolute


def gathered(alerts: Sequence[Alert]) -> dict[str, Any]:
    """What a message about several alerts is made of: counts a rule, what is oldest, and a line each.

    Args:
        alerts: at least one.
    """
    new: Counter[str] = Counter()
    live: Counter[str] = Counter()
    for alert in alerts:
        name = str(alert.facts.get("rule_name") or alert.facts.get("rule") or "Other")
        new[name] += alert.unsent
        live[name] += alert.count
    oldest = min(alerts, key=lambda alert: alert.opened_at)
    return {
        "rules": [(name, new[name], live[name]) for name, _ in live.most_common()],
        "oldest": f"{oldest.title}, since {oldest.opened_at:%d %B %Y}",
        "items": [alert.title for alert in sorted(alerts, key=lambda alert: -alert.unsent)],
    }


def open_digest(tier: str, occasion: Occasion, *, window: datetime, at: datetime) -> Digest | None:
    """The digest of a window, to be filled in; None where there is one already: somebody else was faster."""
    digest = Digest(tier=tier, occasion=occasion, window=window, at=at, reason=Reason.UNDER_THRESHOLD)
    Digest.objects.bulk_create([digest], ignore_conflicts=True)
    return Digest.objects.select_for_update(no_key=True).filter(pk=digest.pk).first()


def message_of(digest: Digest) -> messages.Message:
    """What the digest says, with a link to the tier's open alerts."""
    page = absolute(reverse("admin:alerts_alert_changelist"))
    return messages.of_digest(
        tier=digest.tier,
        occasion=Occasion(digest.occasion),
        news=digest.news,
        facts=digest.facts,
        link=f"{page}?tier__exact={digest.tier}",
    )
