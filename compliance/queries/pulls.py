"""Pull requests as they stand at this moment, reports that wait or failed included."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib.postgres.aggregates import BoolOr
from django.db.models import (
    BooleanField,
    Case,
    Count,
    Exists,
    F,
    Func,
    Max,
    OuterRef,
    Q,
    QuerySet,
    TextField,
    Value,
    When,
)

from compliance.choices import PullState, Superseded, Verdict
from compliance.models import Evaluation, PullRequest, RuleState, Submission
from compliance.queries.tallies import SUMS, Tally
from core.claims import Claimable


class RuleOnPull(NamedTuple):
    """One rule on one pull request."""

    rule: str
    name: str
    tier: str
    enforcement: str
    evaluated: bool
    """For the head commit."""
    tally: Tally


def with_current_verdict(pulls: QuerySet[PullRequest], *, at: datetime) -> QuerySet[PullRequest]:
    """Annotate ``current_verdict``.

    PENDING while a report about an open pull request waits or has failed, or when its verdict has run out.
    """
    about = Submission.objects.exclude(status=Claimable.Status.DONE).filter(
        _same_number("number", OuterRef("number")), repository=OuterRef("repository__name")
    )
    judged_since = Evaluation.objects.filter(
        pull_request=OuterRef(OuterRef("pk")),
        source=OuterRef("source"),
        superseded="",
        submission__received_at__gt=OuterRef("received_at"),
    )
    failed = about.filter(status=Claimable.Status.FAILED).filter(~Exists(judged_since))
    open_question = Q(Exists(about.waiting())) | Q(Exists(failed)) | Q(verdict_until__lte=at)
    pending = Q(state=PullState.OPEN) & open_question
    verdict = Case(When(pending, then=Value(Verdict.PENDING.value)), default=F("verdict"), output_field=TextField())
    return pulls.annotate(current_verdict=verdict)


def verdicts_and_scores(*, at: datetime, step: int) -> list[tuple[str, int, int]]:
    """(verdict, score // step, how many open pull requests and default branches)."""
    pulls = with_current_verdict(PullRequest.objects.open(), at=at).annotate(score_step=F("score") / step)
    return list(pulls.order_by().values_list("current_verdict", "score_step").annotate(n=Count("pk")))


def rules_on(pull: PullRequest) -> list[RuleOnPull]:
    """Every rule that was evaluated on a pull request, in order. One query."""
    rows = (
        RuleState.objects.filter(pull_request=pull)
        .order_by("rule_id")
        .values("rule_id", "rule__name", "rule__tier", "rule__enforcement")
        .annotate(evaluated=BoolOr(Q(commit_sha=pull.head_sha)), **SUMS)
    )
    return [
        RuleOnPull(
            row["rule_id"],
            row["rule__name"],
            row["rule__tier"],
            row["rule__enforcement"],
            row["evaluated"],
            Tally.of(row),
        )
        for row in rows
    ]


def numbered(number: int | None, *, repository: str | None = None) -> list[PullRequest]:
    """The pull requests of this number, or the default branches where it is None: of one repository, or of all."""
    found = PullRequest.objects.filter(number=number).select_related("repository")
    if repository:
        found = found.filter(repository__name=repository)
    return list(found.order_by("repository__name"))


def unjudged(*, number: int | None) -> list[tuple[Any, ...]]:
    """What tells one state of the reports that wait or failed, about pull requests of this number, from another."""
    about = Submission.objects.exclude(status=Claimable.Status.DONE).filter(number=number)
    return list(about.order_by("pk").values_list("pk", "status", "error"))


def unjudged_in_total() -> tuple[Any, ...]:
    """The same of all pull requests, as numbers."""
    about = Submission.objects.exclude(status=Claimable.Status.DONE).order_by()
    totals = about.aggregate(
        failed=Count("pk", filter=Q(status=Claimable.Status.FAILED)), total=Count("pk"), newest=Max("received_at")
    )
    return tuple(totals[name] for name in ("failed", "total", "newest"))


def superseding_report(evaluation: Evaluation) -> UUID | None:
    """The id of the report that took the place of this one's: the newest judged one of its source, of another run.

    None while there is none, and where retention has removed it.
    """
    others = (
        Evaluation.objects.judged()
        .filter(pull_request=evaluation.pull_request_id, source=evaluation.source)
        .exclude(run_id=evaluation.run_id)
    )
    newest = others.order_by("-run_started_at", "-id").first()
    if newest is None and evaluation.superseded == Superseded.COMMIT:
        newest = _newest_at_head(evaluation.pull_request)
    if newest is None or not (evaluation.superseded or newest.pk > evaluation.pk):
        return None
    return newest.submission_id


def _newest_at_head(pull: PullRequest) -> Evaluation | None:
    at_head = Evaluation.objects.judged().filter(pull_request=pull, commit_sha=pull.head_sha)
    return at_head.order_by("-run_started_at", "-id").first()


def _same_number(column: str, other: Any) -> Func:
    """Equal, where null equals null: both are the default branch."""
    return Func(
        F(column), other, template="%(expressions)s", arg_joiner=" IS NOT DISTINCT FROM ", output_field=BooleanField()
    )
