"""Violations as CSV, JSON and Excel."""

import re
from datetime import datetime
from typing import Any

import orjson
from import_export.fields import Field
from import_export.formats.base_formats import CSV, JSON, XLSX, Format
from import_export.resources import ModelResource

from compliance.models import Violation

MAX_ROWS = 50_000
"""What one export may hold: it is put together in memory."""

# A spreadsheet computes a cell that begins so; blanks before it do not stop it, nor do its wide forms.
_FORMULA = re.compile(r"\s*[=+\-@\t\r\n＝＋－＠]")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def harmless(cell: Any) -> Any:
    """A cell that a spreadsheet shows and does not compute: text that looks like a formula gets an apostrophe."""
    if not isinstance(cell, str):
        return cell
    text = _UNPRINTABLE.sub("\ufffd", cell)
    return f"'{text}" if _FORMULA.match(text) else text


class _ForSpreadsheets:
    """Mixed into a format that spreadsheets open: messages and paths come from CI and must not run there."""

    def export_data(self, dataset: Any, **kwargs: Any) -> Any:
        """Write the rows, made harmless."""
        for _ in range(dataset.height):
            dataset.append([harmless(cell) for cell in dataset.lpop()])
        return super().export_data(dataset, **kwargs)  # type: ignore[misc]


class SafeCSV(_ForSpreadsheets, CSV):  # type: ignore[misc]
    """CSV."""


class SafeXLSX(_ForSpreadsheets, XLSX):  # type: ignore[misc]
    """Excel."""


FORMATS: list[type[Format]] = [SafeCSV, JSON, SafeXLSX]

_PATHS = {
    "rule": "rule_id",
    "repository": "repository__name",
    "pr_number": "pull_request__number",
    "author": "pull_request__author",
    "line_number": "line",
    "last_seen": "seen_until",
}
_COLUMNS = (
    "id", "rule", "severity", "status", "resolution", "repository", "pr_number", "commit_sha", "author", "source",
    "package", "file_path", "line_number", "message", "context", "fingerprint", "first_seen", "last_seen",
    "resolved_at", "override_reason", "override_approved_by", "override_until",
)  # fmt: skip


class PlainField(Field):  # type: ignore[misc]
    """A value as every format can hold it: numbers and texts."""

    def export(self, instance: Any, **kwargs: Any) -> Any:
        """The instance's value: times as ISO 8601, structures as JSON."""
        value = self.get_value(instance)
        if value is None or isinstance(value, int):
            return "" if value is None else value
        if isinstance(value, datetime):
            return value.isoformat()
        return orjson.dumps(value).decode() if isinstance(value, dict | list) else str(value)


class ViolationResource(ModelResource):  # type: ignore[misc]
    """A row per violation, named as the API names it."""

    class Meta:
        model = Violation
        fields: tuple[str, ...] = ()
        export_order = _COLUMNS
        name = "Violations"


for _name in _COLUMNS:
    ViolationResource.fields[_name] = PlainField(attribute=_PATHS.get(_name, _name), column_name=_name)
