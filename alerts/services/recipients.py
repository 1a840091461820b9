"""Whom a channel reaches: one delivery each, so that each has a link, an outcome and a retry of its own."""

from accounts.models import Organisation, User
from accounts.roles import Role, in_tenant_schema
from alerts.choices import ChannelKind
from alerts.models import Channel
from alerts.services.desk import MANAGERS


def recipients_of(channel: Channel, name: str) -> list[str]:
    """Addresses that a message goes to through this channel; one empty one where the channel is a single place.

    Args:
        name: as the policy names it: ``email:managers`` means other people than the channel's own.
    """
    if channel.kind != ChannelKind.EMAIL:
        return [""]
    if name == MANAGERS:
        return managers()
    return list(dict.fromkeys(channel.settings.get("recipients", []))) or administrators()


def managers() -> list[str]:
    """The organisation's managers; its administrators where none are named."""
    return list(Organisation.current().managers) or administrators()


def administrators() -> list[str]:
    """Addresses of the tenant's active administrators; in the public schema, of the operators."""
    may = {"groups__name": Role.TENANT_ADMIN} if in_tenant_schema() else {"is_superuser": True}
    people = User.objects.filter(is_active=True, **may).exclude(email="")
    return sorted(set(people.values_list("email", flat=True)))
