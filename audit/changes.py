"""What of a record is changed: the two sides of an audit entry."""

from collections.abc import Mapping
from typing import Any

from django.db import models

Values = dict[str, Any]


def apply_changes(record: models.Model, changes: Mapping[str, Any]) -> tuple[Values, Values]:
    """Set attributes that differ, without saving; returns what these were before and are now, by name."""
    before = {name: getattr(record, name) for name, value in changes.items() if getattr(record, name) != value}
    after = {name: changes[name] for name in before}
    for name, value in after.items():
        setattr(record, name, value)
    return before, after
