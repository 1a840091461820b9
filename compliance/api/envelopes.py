"""The envelope of a report: what a CI job says around its results."""

import math
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from compliance.choices import Format, Scope
from compliance.limits import MAX_CHANGED_FILES, MAX_PATH_BYTES
from compliance.markers import cut_description
from compliance.report import Report

NAME = r"\A[0-9A-Za-z][0-9A-Za-z._:/+@-]*\Z"
_REPOSITORY = r"\A[0-9A-Za-z._-]+(/[0-9A-Za-z._-]+)+\Z"
_MAX_NUMBER = 2**31 - 1


@extend_schema_field({"type": "array", "maxItems": MAX_CHANGED_FILES, "items": {"type": "string"}})
class PathsField(serializers.Field[Any, Any, Any, Any]):
    """Up to 10,000 paths, checked in one pass: a ListField takes 50 ms for as many."""

    def to_internal_value(self, data: object) -> list[str]:
        """Return the paths as they are."""
        if not isinstance(data, list):
            raise serializers.ValidationError("Expected a list of paths.")
        if len(data) > MAX_CHANGED_FILES:
            raise serializers.ValidationError(f"At most {MAX_CHANGED_FILES:,} files; these are {len(data):,}.")
        for index, path in enumerate(data):
            if not isinstance(path, str) or not path or "\0" in path or len(path.encode()) > MAX_PATH_BYTES:
                raise serializers.ValidationError(
                    f"Entry {index} is not a path: a string of 1 to {MAX_PATH_BYTES} bytes without NUL."
                )
        return data

    def to_representation(self, value: Any) -> Any:
        """As it is."""
        return value


@extend_schema_field(OpenApiTypes.ANY)
class ResultsField(serializers.Field[Any, Any, Any, Any]):
    """Whatever the format writes; its reader checks it."""

    def to_internal_value(self, data: Any) -> Any:
        """As it is."""
        return data

    def to_representation(self, value: Any) -> Any:
        """As it is."""
        return value


def _text(limit: int, **options: Any) -> serializers.CharField:
    return serializers.CharField(max_length=limit, required=False, allow_blank=True, allow_null=True, **options)


class _DescriptionField(serializers.CharField):
    """A text of any length, of which the beginning is kept."""

    def to_internal_value(self, data: Any) -> str:
        return cut_description(str(super().to_internal_value(data)))


class _HttpField(serializers.CharField):
    """An address on the web; nothing else may become a link."""

    def to_internal_value(self, data: Any) -> str:
        value: str = super().to_internal_value(data)
        if value and not value.lower().startswith(("http://", "https://")):
            raise serializers.ValidationError("Expected a URL that begins with http:// or https://.")
        return value


def _link() -> serializers.CharField:
    return _HttpField(max_length=2000, required=False, allow_blank=True, allow_null=True)


class EnvelopeSerializer(serializers.Serializer[Any]):
    """What surrounds results of any kind."""

    repository = serializers.RegexField(_REPOSITORY, max_length=200, help_text="owner/name")
    commit_sha = serializers.RegexField(NAME, max_length=100)
    run_id = serializers.CharField(max_length=200, help_text="Unique per run of CI and repository.")
    pr_number = serializers.IntegerField(
        min_value=1, max_value=_MAX_NUMBER, required=False, allow_null=True, help_text="null: the default branch"
    )
    branch = _text(300)
    base_branch = _text(300)
    title = _text(1000)
    author = _text(200)
    url = _link()
    run_url = _link()
    run_started_at = serializers.DateTimeField(required=False, allow_null=True)
    scope = serializers.ChoiceField(
        Scope.choices, required=False, help_text="full for pull requests, diff for the default branch, unless stated"
    )
    opa_version = _text(100)
    policy_revision = _text(200)
    description = _DescriptionField(
        required=False,
        allow_blank=True,
        allow_null=True,
        trim_whitespace=False,
        help_text="The pull request's, for its @override markers; cut to 64 KiB.",
    )
    reward_score = serializers.FloatField(required=False, allow_null=True)
    changed_files = PathsField(required=False)

    def validate_reward_score(self, value: float | None) -> float | None:
        """JSON's 1e999 is no number that can be stored."""
        if value is not None and not math.isfinite(value):
            raise serializers.ValidationError("Expected a finite number.")
        return value


class ReportSerializer(EnvelopeSerializer):
    """A whole report."""

    source = serializers.RegexField(  # type: ignore[assignment]  # a field may be called as the class's attribute
        NAME, max_length=100, required=False, help_text="Tells packs apart."
    )
    format = serializers.ChoiceField(Format.choices)
    results = ResultsField(help_text="As the format writes it: OPA's document, Conftest's or SARIF's log, or checks.")


def report_of(fields: dict[str, Any]) -> Report:
    """A report from validated fields, its defaults filled in."""
    given = {name: value for name, value in fields.items() if value is not None}
    number = given.get("pr_number")
    given.setdefault("source", given["format"])
    given.setdefault("scope", Scope.DIFF.value if number is None else Scope.FULL.value)
    given["changed_files"] = tuple(given.get("changed_files", ()))
    return Report(**given)
