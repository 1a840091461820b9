"""How every edit of this room is done: allowed, changed where it differs, and in the audit log."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction

from accounts.models import User
from accounts.permitting import check_permitted
from alerts.durations import write_duration
from audit.services import record_entry
from core.errors import Invalid


def permitted(by: User | None, permission: str) -> None:
    """Refuse who may not; None is an operator at the command line.

    Raises:
        Forbidden: ``by`` lacks the permission.
    """
    check_permitted(by, permission, "Your role may not change how alerts are sent.")


@transaction.atomic
def add_record(record: models.Model, *, action: str, by: User | None, at: datetime) -> None:
    """Store a new record.

    Raises:
        Forbidden: ``by`` may not add such records.
        Invalid: names the field that is wrong.
    """
    permitted(by, _permission(record, "add"))
    checked(record)
    record.save(force_insert=True)
    after = {name: shown(value) for name, value in _values(record).items()}
    record_entry(action=action, resource=record, by=by, at=at, after=after)


@transaction.atomic
def edit_record(
    record: models.Model, changes: Mapping[str, Any], *, action: str, by: User | None, at: datetime, note: str = ""
) -> set[str]:
    """Change a record where it differs; returns the fields that did.

    Raises:
        Forbidden: ``by`` may not change such records.
        Invalid: names the field that is wrong.
    """
    permitted(by, _permission(record, "change"))
    before = {name: getattr(record, name) for name in changes}
    changed = {name for name, value in changes.items() if before[name] != value}
    if not changed:
        return changed
    for name in changed:
        setattr(record, name, changes[name])
    checked(record)
    record.save()
    record_entry(
        action=action,
        resource=record,
        by=by,
        at=at,
        before={name: shown(before[name]) for name in changed},
        after={name: shown(changes[name]) for name in changed},
        note=note,
    )
    return changed


@transaction.atomic
def remove_record(record: models.Model, *, action: str, by: User | None, at: datetime) -> None:
    """Delete a record.

    Raises:
        Forbidden: ``by`` may not delete such records.
    """
    permitted(by, _permission(record, "delete"))
    before = {name: shown(value) for name, value in _values(record).items()}
    resource = (str(record._meta.model_name), str(record.pk), str(record))
    record.delete()
    record_entry(action=action, resource=resource, by=by, at=at, before=before)


def checked(record: models.Model) -> None:
    """Hold a record to its own rules.

    Raises:
        Invalid: names the fields.
    """
    try:
        record.full_clean()
    except ValidationError as error:
        errors = {"" if name == "__all__" else name: texts for name, texts in error.message_dict.items()}
        raise Invalid("invalid", " ".join(error.messages), errors=errors) from error


def shown(value: Any) -> Any:
    """A value as the audit log and people read it."""
    if isinstance(value, timedelta):
        return write_duration(value)
    return f"{value:%H:%M}" if isinstance(value, time) else value


def _values(record: models.Model) -> dict[str, Any]:
    fields = [field for field in record._meta.concrete_fields if field.editable or field.primary_key]
    return {field.attname: getattr(record, field.attname) for field in fields if field.attname != "secrets"}


def _permission(record: models.Model, verb: str) -> str:
    return f"{record._meta.app_label}.{verb}_{record._meta.model_name}"
