"""The terms under which a tenant judges: how rules count, and what may merge."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from audit.changes import apply_changes
from audit.services import record_entry
from compliance.choices import UNATTRIBUTED, Enforcement
from compliance.models import Rule, TenantSettings, Version
from compliance.services.judging import rejudge_open_pull_requests
from core.errors import Forbidden, Invalid

JUDGED_BY = {"tier", "enforcement", "packages"}
"""What of a rule a verdict depends on; the rest is text."""
NOT_JUDGED_BY = {
    "longest_override_days",
    "violations_kept_days",
    "trends_kept_days",
    "alerts_kept_days",
    "payloads_kept_days",
}
"""What of the settings no verdict depends on."""


@transaction.atomic
def edit_rule(*, rule_id: str, changes: Mapping[str, Any], by: User, at: datetime) -> Rule:
    """Change how a rule counts or what it says; what was changed is the tenant's own from then on.

    Open pull requests are judged anew once the change is committed, where a verdict depends on it.

    Raises:
        Forbidden: ``by`` may not edit rules.
        Invalid: a field is not the tenant's to edit, or the stand-in for unattributed messages would not count.
    """
    _permitted(by, "compliance.change_rule")
    if unknown := sorted(set(changes) - set(Rule.EDITABLE)):
        raise Invalid(
            "invalid", f"Not yours to edit: {', '.join(unknown)}.", errors={name: ["Fixed."] for name in unknown}
        )
    if rule_id == UNATTRIBUTED and changes.get("enforcement", Enforcement.ENFORCE) != Enforcement.ENFORCE:
        raise Invalid("invalid", "Messages without a known rule always count.", errors={"enforcement": ["Fixed."]})
    # NO KEY, as everywhere: a plain lock would stand against the foreign keys of every report that is being written.
    rule = Rule.objects.select_for_update(no_key=True).get(pk=rule_id)
    before, after = apply_changes(rule, changes)
    if after:
        rule.edited = sorted({*rule.edited, *after})
        rule.save(update_fields=[*after, "edited"])
        _announce(set(after) & JUDGED_BY, at)
        record_entry(action="rule.edited", resource=rule, by=by, at=at, before=before, after=after)
    return rule


@transaction.atomic
def edit_settings(*, changes: Mapping[str, Any], by: User, at: datetime) -> TenantSettings:
    """Change weights, threshold or switches, and judge open pull requests anew once that is committed.

    Raises:
        Forbidden: ``by`` may not edit settings.
        Invalid: a value is outside of its limits; ``errors`` says which.
    """
    _permitted(by, "compliance.change_tenantsettings")
    TenantSettings.objects.get_or_create(pk=TenantSettings.PK)
    settings = TenantSettings.objects.select_for_update(no_key=True).get(pk=TenantSettings.PK)
    before, after = apply_changes(settings, changes)
    if after:
        _check(settings)
        settings.save(update_fields=list(after))
        _announce(set(after) - NOT_JUDGED_BY, at)
        record_entry(action="settings.edited", resource=settings, by=by, at=at, before=before, after=after)
    return settings


def _check(settings: TenantSettings) -> None:
    try:
        settings.full_clean()
    except ValidationError as refused:
        raise Invalid("invalid", " ".join(refused.messages), errors=refused.message_dict) from refused


def _announce(judged_by: set[str], at: datetime) -> None:
    Version.bump("pulls", "rules")
    if judged_by:
        # One transaction each, after ours: holding them all would lock out every worker, and deadlock with one that
        # holds a pull request and waits for our version rows.
        transaction.on_commit(lambda: rejudge_open_pull_requests(at=at))


def _permitted(by: User, permission: str) -> None:
    if not by.has_perm(permission):
        raise Forbidden("forbidden", "Your role may not change the terms of compliance.")
