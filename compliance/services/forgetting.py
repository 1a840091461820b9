"""What has to be known after rows are gone. The caller deletes them in the same transaction."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import F

from compliance.choices import PullState
from compliance.models import Evaluation, NamedHead, PullRequest, RuleState, Version

FORGOTTEN = ("evaluations", "pulls", "rules", "violations")


def lock_free_pulls(pulls: Collection[UUID]) -> set[UUID]:
    """Lock those of these pull requests that nobody works on; the others are passed over.

    Whoever takes rows away locks first, as reports do: one that has read a resolved violation may be about to bring it
    back.
    """
    free = PullRequest.objects.select_for_update(skip_locked=True, no_key=True, of=("self",)).filter(pk__in=pulls)
    return set(free.order_by("pk").values_list("pk", flat=True))


def lock_pulls(pulls: Collection[UUID]) -> None:
    """Lock these pull requests, and wait for who works on them."""
    locked = PullRequest.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=pulls)
    list(locked.order_by("pk").values_list("pk", flat=True))


def forget_judgement(pulls: Collection[UUID]) -> None:
    """Closed pull requests whose violations go: reopened, they wait for a report and are not taken for clean."""
    closed = PullRequest.objects.filter(pk__in=pulls, state=PullState.CLOSED, head_awaited=False)
    ids = list(closed.values_list("pk", flat=True))
    if ids:
        RuleState.objects.filter(pull_request__in=ids).update(commit_sha="")
        PullRequest.objects.filter(pk__in=ids).update(head_awaited=True)


def remember_heads(evaluations: Collection[UUID]) -> None:
    """Commits that were heads, of evaluations that go: a report on one of them stays late."""
    heads = Evaluation.objects.filter(pk__in=evaluations, was_head=True).exclude(pull_request__state=PullState.MERGED)
    rows = heads.exclude(commit_sha=F("pull_request__head_sha")).order_by()
    NamedHead.objects.bulk_create(
        [
            NamedHead(pull_request_id=pull, commit_sha=sha)
            for pull, sha in rows.values_list("pull_request", "commit_sha").distinct()
        ],
        ignore_conflicts=True,
    )


def tell_readers() -> None:
    """Lists have changed: what was kept of them is out of date."""
    Version.bump(*FORGOTTEN)
