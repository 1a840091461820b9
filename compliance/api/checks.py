"""Checks as simple scripts post them: one object a check, with its envelope, or a list of such."""

import hashlib
from typing import Any

import orjson
from rest_framework import serializers

from compliance.api.envelopes import NAME, EnvelopeSerializer, report_of
from compliance.choices import Format, Outcome, Severity
from compliance.report import Report
from core.errors import Invalid

_CHECK_FIELDS = ("rule_id", "status", "severity", "file_path", "line_number", "message", "context")


class CheckSerializer(EnvelopeSerializer):
    """One check with its envelope; ``checks`` holds several instead."""

    source = serializers.CharField(max_length=100, required=False)  # type: ignore[assignment]
    rule_id = serializers.CharField(max_length=200, required=False)
    status = serializers.ChoiceField(Outcome.choices, required=False)
    severity = serializers.ChoiceField(Severity.choices, required=False, allow_null=True)
    file_path = serializers.CharField(required=False, allow_blank=True, allow_null=True)
    line_number = serializers.IntegerField(required=False, allow_null=True)
    message = serializers.CharField(required=False, allow_blank=True, allow_null=True)
    context = serializers.DictField(required=False, allow_null=True)  # type: ignore[assignment]
    checks = serializers.ListField(child=serializers.DictField(), required=False)


class _Envelope(EnvelopeSerializer):
    source = serializers.RegexField(NAME, max_length=100, required=False)  # type: ignore[assignment]


def report_of_checks(body: Any) -> tuple[Report, str]:
    """The report that these checks make, and what tells it from the other reports of its run.

    Raises:
        Invalid: the envelope is wrong, or the checks of a list are of different runs.
        rest_framework.exceptions.ValidationError: fields are wrong or missing.
    """
    items = body if isinstance(body, list) else [body]
    if not items or not all(isinstance(item, dict) for item in items):
        raise Invalid("invalid", "Expected a check, or a list of checks.", errors={"body": ["Not a check."]})
    envelope = _envelope(items)
    serializer = _Envelope(data=envelope)
    serializer.is_valid(raise_exception=True)
    checks = [check for item in items for check in _checks(item)]
    fields = {**serializer.validated_data, "format": Format.CHECKS.value, "results": checks}
    part = hashlib.sha256(orjson.dumps(checks, option=orjson.OPT_SORT_KEYS)).hexdigest()
    return report_of(fields), part


def _envelope(items: list[dict[str, Any]]) -> dict[str, Any]:
    first, *others = [
        {name: value for name, value in item.items() if name not in (*_CHECK_FIELDS, "checks")} for item in items
    ]
    for index, other in enumerate(others, start=1):
        differing = sorted(name for name in {*first, *other} if first.get(name) != other.get(name))
        if differing:
            reason = f"Checks of one list belong to one run; check {index} differs in {', '.join(differing)}."
            raise Invalid("different_runs", reason, errors={f"[{index}].{name}": ["Differs."] for name in differing})
    return first


def _checks(item: dict[str, Any]) -> list[Any]:
    if "checks" in item:
        return item["checks"] if isinstance(item["checks"], list) else [item["checks"]]
    return [{name: item[name] for name in _CHECK_FIELDS if name in item}]
