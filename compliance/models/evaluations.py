"""What each processed report came to, rule by rule, and where each rule stands on each pull request."""

from django.db import models

from compliance.choices import Outcome, Superseded, Verdict
from compliance.models.pulls import PullRequest
from compliance.models.rules import Rule
from compliance.models.submissions import Submission
from core.ids import new_id


class EvaluationQuerySet(models.QuerySet["Evaluation"]):
    """Questions about evaluations."""

    def judged(self) -> "EvaluationQuerySet":
        """Those that changed something, because they were not superseded on arrival."""
        return self.filter(superseded="")


class Evaluation(models.Model):
    """One processed report."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    pull_request = models.ForeignKey(PullRequest, on_delete=models.CASCADE, related_name="evaluations")
    submission = models.OneToOneField(Submission, null=True, on_delete=models.SET_NULL, related_name="evaluation")
    commit_sha = models.TextField()
    source = models.TextField()
    run_id = models.TextField()
    run_url = models.TextField(blank=True)
    run_started_at = models.DateTimeField(help_text="As stated, or when the report came in; never in the future.")
    opa_version = models.TextField(blank=True)
    policy_revision = models.TextField(blank=True)
    duration_ms = models.PositiveIntegerField(default=0, help_text="How long the processing took.")
    block_count = models.PositiveIntegerField(default=0)
    override_count = models.PositiveIntegerField(default=0)
    warning_count = models.PositiveIntegerField(default=0)
    new_count = models.PositiveIntegerField(default=0)
    seen_count = models.PositiveIntegerField(default=0)
    resolved_count = models.PositiveIntegerField(default=0)
    score = models.PositiveSmallIntegerField(null=True)
    verdict = models.TextField(choices=Verdict, blank=True)
    superseded = models.TextField(choices=Superseded, blank=True)
    was_head = models.BooleanField(default=False, help_text="Its commit was the head when it was judged.")
    fingerprints = models.BinaryField(
        null=True, help_text="What it found, 16 bytes each: further reports of the same run must not resolve it."
    )
    created_at = models.DateTimeField()

    objects = EvaluationQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["pull_request", "source", "-run_started_at"], name="evaluation_newest_run"),
            models.Index(fields=["created_at"], name="evaluation_day"),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.run_id}"


class Check(models.Model):
    """One rule's outcome in one evaluation."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    evaluation = models.ForeignKey(Evaluation, on_delete=models.CASCADE, related_name="checks")
    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, related_name="checks")
    outcome = models.TextField(choices=Outcome)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["evaluation", "rule"], name="one_check_of_a_rule")]

    def __str__(self) -> str:
        return f"{self.rule_id}: {self.outcome}"


class RuleState(models.Model):
    """Where one rule stands on one pull request, by one source and package. Written under the pull request's lock."""

    pull_request = models.ForeignKey(PullRequest, on_delete=models.CASCADE, related_name="rule_states")
    source = models.TextField()
    package = models.TextField(blank=True)
    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, related_name="states")
    block_count = models.PositiveIntegerField(default=0)
    override_count = models.PositiveIntegerField(default=0)
    warning_count = models.PositiveIntegerField(default=0)
    open_block_count = models.PositiveIntegerField(default=0)
    open_override_count = models.PositiveIntegerField(default=0)
    open_warning_count = models.PositiveIntegerField(default=0)
    commit_sha = models.TextField(help_text="The commit that it was last evaluated for.")
    policy_revision = models.TextField(blank=True, default="", help_text="Of the report that evaluated it last.")
    judged_at = models.DateTimeField()
    run_started_at = models.DateTimeField()
    last_seen = models.DateTimeField(null=True, help_text="When a report last named a violation of it.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["pull_request", "source", "package", "rule"], name="one_state_of_a_rule")
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} on {self.pull_request_id}"
