"""What is sent, and what is answered, for the OpenAPI description."""

from typing import Any

from rest_framework import serializers

from compliance.choices import Severity, Status, Verdict
from overrides.choices import Kind, Standing
from overrides.limits import MAX_REASON_CHARS, MAX_VIOLATIONS, MIN_REASON_CHARS

_Body = serializers.Serializer[Any]


class RequestSerializer(_Body):
    """What is asked for."""

    violations = serializers.ListField(
        child=serializers.UUIDField(),
        max_length=MAX_VIOLATIONS,
        help_text="Ids of live violations of one pull request.",
    )
    kind = serializers.ChoiceField(Kind.choices, default=Kind.OVERRIDE.value)
    reason = serializers.CharField(min_length=MIN_REASON_CHARS, max_length=MAX_REASON_CHARS)
    evidence_url = serializers.CharField(required=False, allow_blank=True, default="")
    expires_at = serializers.DateTimeField(
        required=False, allow_null=True, default=None, help_text="The end that is wished; false positives have none."
    )


class ApprovalSerializer(_Body):
    """How it is approved."""

    expires_at = serializers.DateTimeField(
        required=False,
        allow_null=True,
        default=None,
        help_text="Without it, the end that was wished, or the tenant's maximum.",
    )
    note = serializers.CharField(required=False, allow_blank=True, default="", max_length=MAX_REASON_CHARS)
    seen = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=64,
        help_text="From GET overrides/<id>: the state that was looked at. Without it, the state when it was asked for.",
    )


class ReasonSerializer(_Body):
    """Why it is rejected or revoked."""

    reason = serializers.CharField(max_length=MAX_REASON_CHARS)


class NothingSerializer(_Body):
    """Nothing is needed."""


class OverrideSerializer(_Body):
    """A request, and what became of it. People are named by their user names, which outlive them."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(Kind.choices)
    status = serializers.ChoiceField(Standing.choices)
    repository = serializers.CharField()
    pr_number = serializers.IntegerField(allow_null=True)
    rules = serializers.ListField(child=serializers.CharField())
    violation_count = serializers.IntegerField()
    requested_by = serializers.CharField()
    requested_at = serializers.DateTimeField()
    reason = serializers.CharField()
    evidence_url = serializers.CharField(allow_null=True)
    evidence_file = serializers.CharField(allow_null=True, help_text="Its name; it is read in the admin.")
    wished_expires_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)
    decided_by = serializers.CharField(allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    rejection_reason = serializers.CharField(allow_null=True)
    note = serializers.CharField(allow_null=True)
    ended_by = serializers.CharField(allow_null=True, help_text="Who revoked or withdrew it.")
    ended_at = serializers.DateTimeField(allow_null=True)
    revocation_reason = serializers.CharField(allow_null=True)
    renews = serializers.UUIDField(allow_null=True)
    url = serializers.CharField(help_text="Its page here.")


class OverriddenViolationSerializer(_Body):
    """A violation of a request."""

    id = serializers.UUIDField()
    rule = serializers.CharField()
    file_path = serializers.CharField(allow_null=True)
    severity = serializers.ChoiceField(Severity.choices, help_text="Now.")
    status = serializers.ChoiceField(Status.choices, allow_null=True, help_text="Now; null where it was removed.")
    asked_severity = serializers.ChoiceField(Severity.choices)
    approved_severity = serializers.ChoiceField(
        Severity.choices, allow_null=True, help_text="That the approver saw; null where it was not approved."
    )


class OverrideDetailSerializer(OverrideSerializer):
    """The same with its violations, and with what would follow."""

    violations = OverriddenViolationSerializer(many=True)
    seen = serializers.CharField(help_text="Names this state of the violations; hand it in when you approve.")
    verdict = serializers.ChoiceField(Verdict.choices, help_text="Of the pull request, now.")
    verdict_after = serializers.ChoiceField(
        Verdict.choices, allow_null=True, help_text="If it is approved; once it ends, where it is approved."
    )
