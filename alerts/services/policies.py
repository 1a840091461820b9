"""The tiers' policies: edited one by one, or loaded as a whole from a file."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from alerts.choices import Tier
from alerts.escalation import frozen
from alerts.models import AlertPolicy
from alerts.policyfile import PolicyValues, check_channels, problems_of, read_policies, refusal, write_policies, written
from alerts.services.editing import permitted
from audit.services import record_entry

_FIELDS = tuple(field.name for field in fields(PolicyValues))


@transaction.atomic
def edit_policy(*, tier: Tier, changes: Mapping[str, Any], by: User | None, at: datetime) -> AlertPolicy:
    """Change a tier's policy, from the next fact on; escalations that are under way stay as they are.

    Args:
        changes: new values by the names of ``PolicyValues``.
        by: None: an operator at the command line.

    Raises:
        Forbidden: ``by`` may not edit policies.
        Invalid: names the field that is wrong.
    """
    permitted(by, "alerts.change_alertpolicy")
    if unknown := sorted(set(changes) - set(_FIELDS)):
        raise refusal({name: ["No such field."] for name in unknown})
    # Its row is made by the migration; who deleted it gets it back.
    AlertPolicy.objects.get_or_create(tier=tier)
    policy = AlertPolicy.objects.select_for_update(no_key=True).get(pk=tier)
    old = values_of(policy)
    new = PolicyValues(**{name: changes.get(name, getattr(old, name)) for name in _FIELDS})
    _check(new)
    if new != old:
        _store(policy, new)
        before, after = _differing(old, new)
        record_entry(action="alert_policy.edited", resource=policy, by=by, at=at, before=before, after=after)
    return policy


@transaction.atomic
def load_policies(text: str, *, by: User | None, at: datetime) -> list[Tier]:
    """Set the policies of the tiers that a document names to what it says; returns those that changed.

    What an entry leaves out gets its default; tiers that the document does not name stay.

    Raises:
        Forbidden: ``by`` may not edit policies.
        Invalid: all that is wrong, by ``tier.field``; nothing was changed.
    """
    permitted(by, "alerts.change_alertpolicy")
    changed = []
    for tier, values in read_policies(text).items():
        if values != current_policies().get(tier):
            edit_policy(tier=tier, changes={name: getattr(values, name) for name in _FIELDS}, by=by, at=at)
            changed.append(tier)
    return changed


def dump_policies() -> str:
    """The tenant's policies as a document."""
    return write_policies(current_policies())


def current_policies() -> dict[Tier, PolicyValues]:
    """The tenant's policies."""
    return {Tier(policy.tier): values_of(policy) for policy in AlertPolicy.objects.all()}


def values_of(policy: AlertPolicy) -> PolicyValues:
    """A stored policy's values."""
    plain = {name: getattr(policy, name) for name in _FIELDS if name != "escalation"}
    return PolicyValues(**plain, escalation=policy.chain)


def _check(values: PolicyValues) -> None:
    wrong = problems_of(values)
    for name, channels in [("channels", values.channels), *(("escalation", s.channels) for s in values.escalation)]:
        try:
            check_channels(list(channels))
        except ValueError as error:
            wrong[name] = str(error)
    if wrong:
        raise refusal({name: [reason] for name, reason in wrong.items()})


def _store(policy: AlertPolicy, values: PolicyValues) -> None:
    for name in _FIELDS:
        setattr(policy, name, getattr(values, name))
    policy.escalation = frozen(values.escalation)
    policy.save()


def _differing(old: PolicyValues, new: PolicyValues) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the audit log says: as the document writes it, where the two differ."""
    before, after = written(old), written(new)
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return {name: before.get(name) for name in names}, {name: after.get(name) for name in names}
