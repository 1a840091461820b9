"""The shapes of what is answered, for the OpenAPI description. A test holds real answers against them."""

from typing import Any

from rest_framework import serializers

from compliance.choices import (
    Colour,
    Enforcement,
    Interval,
    Outcome,
    PullState,
    Resolution,
    Severity,
    Status,
    Superseded,
    Verdict,
)
from compliance.models import Transition
from core.claims import Claimable

_Answer = serializers.Serializer[Any]


def _choice(choices: Any, **options: Any) -> serializers.ChoiceField:
    return serializers.ChoiceField(choices.choices, **options)


class CountsSerializer(_Answer):
    """Live violations by severity, and the open ones among them, which no override covers."""

    block_count = serializers.IntegerField()
    override_count = serializers.IntegerField()
    warning_count = serializers.IntegerField()
    open_block_count = serializers.IntegerField()
    open_override_count = serializers.IntegerField()
    open_warning_count = serializers.IntegerField()


class ReasonSerializer(_Answer):
    """One thing that speaks for or against merging."""

    code = serializers.CharField(help_text="Stable, for programs.")
    message = serializers.CharField()
    remedy = serializers.CharField(allow_blank=True, help_text="What would change it.")
    rule = serializers.CharField(allow_null=True, help_text="The rule, where it is about exactly one.")
    rules = serializers.ListField(child=serializers.CharField())
    violation = serializers.UUIDField(allow_null=True)
    file_path = serializers.CharField(allow_null=True)
    line_number = serializers.IntegerField(allow_null=True)


class VerdictSerializer(CountsSerializer):
    """Whether a pull request may merge, and why."""

    verdict = _choice(Verdict)
    can_merge = serializers.BooleanField()
    score = serializers.IntegerField()
    open_score = serializers.IntegerField(help_text="The score without the violations that overrides cover.")
    threshold = serializers.IntegerField()


class RuleOnPullSerializer(CountsSerializer):
    """One rule on one pull request."""

    rule = serializers.CharField()
    name = serializers.CharField()
    tier = _choice(Severity)
    enforcement = _choice(Enforcement)
    colour = _choice(Colour)
    evaluated = serializers.BooleanField(help_text="For the head commit.")
    last_checked = serializers.DateTimeField(allow_null=True)


class PullListingSerializer(VerdictSerializer):
    """A pull request, or (``pr_number`` null) a repository's default branch."""

    id = serializers.UUIDField()
    repository = serializers.CharField()
    pr_number = serializers.IntegerField(allow_null=True)
    title = serializers.CharField(allow_blank=True)
    author = serializers.CharField(allow_blank=True)
    state = _choice(PullState)
    head_sha = serializers.CharField(allow_blank=True)
    reward_score = serializers.FloatField(allow_null=True)
    last_checked = serializers.DateTimeField(allow_null=True)
    url = serializers.CharField(help_text="Its page here.")
    pull_request_url = serializers.CharField(allow_blank=True, help_text="Its page at the code host.")


class MarkerSerializer(_Answer):
    """``@override:<marker>`` in the description, and the rules that it speaks of."""

    marker = serializers.CharField()
    rules = serializers.ListField(child=serializers.CharField(), help_text="Empty where no rule knows it.")


class PullSerializer(PullListingSerializer):
    """The same with its reasons, its rules and what its author says of them."""

    override_markers = MarkerSerializer(many=True)

    reasons = ReasonSerializer(many=True)
    breakdown = RuleOnPullSerializer(many=True)


class ChangesSerializer(_Answer):
    """What a report changed."""

    new = serializers.IntegerField()
    seen = serializers.IntegerField()
    resolved = serializers.IntegerField()


class ReportStandingSerializer(_Answer):
    """Where a report stands; once it is done, what its pull request's verdict is now."""

    id = serializers.UUIDField()
    status = _choice(Claimable.Status)
    status_url = serializers.CharField()
    error = serializers.CharField(allow_null=True)
    evaluation = serializers.UUIDField(required=False, allow_null=True)
    superseded = _choice(Superseded, required=False, allow_null=True, help_text="Why it changed nothing.")
    superseded_by = serializers.UUIDField(required=False, allow_null=True, help_text="The report that took its place.")
    repository = serializers.CharField(required=False)
    pr_number = serializers.IntegerField(required=False, allow_null=True)
    verdict = _choice(Verdict, required=False)
    can_merge = serializers.BooleanField(required=False, help_text="False where the report's commit is not the head.")
    score = serializers.IntegerField(required=False)
    open_score = serializers.IntegerField(required=False)
    threshold = serializers.IntegerField(required=False)
    block_count = serializers.IntegerField(required=False)
    override_count = serializers.IntegerField(required=False)
    warning_count = serializers.IntegerField(required=False)
    open_block_count = serializers.IntegerField(required=False)
    open_override_count = serializers.IntegerField(required=False)
    open_warning_count = serializers.IntegerField(required=False)
    reasons = ReasonSerializer(many=True, required=False)
    violations = ChangesSerializer(required=False, allow_null=True)
    url = serializers.CharField(required=False, help_text="The pull request's page here.")


class ViolationSerializer(_Answer):
    """A violation over its life. ``first_seen`` stays when it returns."""

    id = serializers.UUIDField()
    rule = serializers.CharField()
    severity = _choice(Severity)
    status = _choice(Status)
    resolution = _choice(Resolution, allow_null=True)
    repository = serializers.CharField()
    pr_number = serializers.IntegerField(allow_null=True)
    commit_sha = serializers.CharField(help_text="First seen on, or seen again on after it was gone.")
    author = serializers.CharField(allow_blank=True)
    source = serializers.CharField()  # type: ignore[assignment]  # a field of this name, no option
    package = serializers.CharField(allow_blank=True)
    file_path = serializers.CharField(allow_null=True)
    line_number = serializers.IntegerField(allow_null=True)
    message = serializers.CharField()
    context = serializers.DictField()  # type: ignore[assignment]
    fingerprint = serializers.UUIDField()
    first_seen = serializers.DateTimeField()
    last_seen = serializers.DateTimeField()
    resolved_at = serializers.DateTimeField(allow_null=True)
    override_reason = serializers.CharField(allow_null=True)
    override_approved_by = serializers.CharField(allow_null=True)
    override_until = serializers.DateTimeField(allow_null=True)
    url = serializers.CharField(help_text="Its page here.")


class TransitionSerializer(_Answer):
    """A change of a violation's state."""

    at = serializers.DateTimeField()
    from_status = _choice(Status, allow_null=True)
    to_status = _choice(Status)
    cause = _choice(Transition.Cause)


class ViolationDetailSerializer(ViolationSerializer):
    """The same with its history."""

    resolved_by = serializers.CharField(allow_null=True)
    timeline = TransitionSerializer(many=True)


class RuleSerializer(CountsSerializer):
    """A rule, and how it stands over open pull requests and default branches."""

    id = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    tier = _choice(Severity)
    category = serializers.CharField(allow_blank=True)
    enforcement = _choice(Enforcement)
    packages = serializers.ListField(child=serializers.CharField())
    rule_file = serializers.CharField(allow_blank=True)
    policy = serializers.CharField(allow_blank=True)
    override_marker = serializers.CharField(allow_blank=True)
    remediation = serializers.CharField(allow_blank=True)
    runbook_url = serializers.CharField(allow_null=True, help_text="Where the tenant's own instructions are.")
    colour = _choice(Colour)
    last_checked = serializers.DateTimeField(allow_null=True)
    url = serializers.CharField(help_text="Its page here.")


class RuleListSerializer(_Answer):
    """All rules; there is one page."""

    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = RuleSerializer(many=True)


class RuleOutcomeSerializer(_Answer):
    """A rule's outcome in one evaluation."""

    at = serializers.DateTimeField()
    outcome = _choice(Outcome)
    count = serializers.IntegerField()
    evaluation = serializers.UUIDField()
    repository = serializers.CharField()
    pr_number = serializers.IntegerField(allow_null=True)
    commit_sha = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]  # a field of this name, no option


class PatternSerializer(_Answer):
    """How often a rule is violated in one place."""

    name = serializers.CharField()
    violations = serializers.IntegerField()


class PatternsSerializer(_Answer):
    """Where a rule is violated most, the most first."""

    files = PatternSerializer(many=True)
    repositories = PatternSerializer(many=True)
    authors = PatternSerializer(many=True)
    messages = PatternSerializer(many=True, help_text="Of the newest findings; … stands for files and places.")


class RuleDetailSerializer(RuleSerializer):
    """The same with what is known of the rule."""

    mean_hours_to_resolution = serializers.FloatField(allow_null=True, help_text="Of what was fixed.")
    history = RuleOutcomeSerializer(many=True)
    patterns = PatternsSerializer()


class TrendSerializer(_Answer):
    """A day or a week of the tenant, of one repository or of one rule."""

    date = serializers.DateField(help_text="Of a week: its Monday.")
    rule = serializers.CharField(allow_null=True, help_text="Null: over all rules.")
    repository = serializers.CharField(allow_null=True, help_text="Null: over all repositories.")
    evaluations = serializers.IntegerField(help_text="That counted; of a rule, those that checked it.")
    checks = serializers.IntegerField(help_text="One rule in one evaluation.")
    passes = serializers.IntegerField(help_text="Checks that found nothing.")
    violations_new = serializers.IntegerField(help_text="Found for the first time.")
    violations_returned = serializers.IntegerField(help_text="Were resolved, and live again.")
    violations_resolved = serializers.IntegerField(help_text="For whatever reason.")
    violations_fixed = serializers.IntegerField(help_text="Resolved because reports find them no more.")
    violations_open = serializers.IntegerField(help_text="When the day or week ended.")
    violations_overridden = serializers.IntegerField(help_text="When the day or week ended.")
    compliance_rate = serializers.FloatField(allow_null=True, help_text="100 × passes ÷ checks.")
    override_rate = serializers.FloatField(
        allow_null=True, help_text="Of 100 checks that found something: those whose findings were covered."
    )
    mean_score = serializers.FloatField(allow_null=True)
    score_histogram = serializers.ListField(
        child=serializers.IntegerField(), help_text="Evaluations that scored 0–9, 10–19 … 90–100."
    )
    mean_hours_to_resolution = serializers.FloatField(allow_null=True, help_text="From first seen to fixed.")
    p90_hours_to_resolution = serializers.FloatField(
        allow_null=True, help_text="Nine in ten were fixed as fast. Of a week: within one part in a hundred."
    )


class TrendListSerializer(_Answer):
    """What each day or week came to, oldest first."""

    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    to = serializers.DateField()
    interval = _choice(Interval)
    time_zone = serializers.CharField(help_text="Whose midnights a day lies between.")
    as_of = serializers.DateTimeField(allow_null=True, help_text="When the newest of these days was last counted.")
    results = TrendSerializer(many=True)

    def get_fields(self) -> Any:
        """``from`` is no name that a class can have."""
        return {**super().get_fields(), "from": serializers.DateField()}
