"""A read judges anew what rested on an override that has run out, beat or no beat."""

from datetime import datetime

from django.db import transaction

from compliance.models import PullRequest
from compliance.services.judging import rejudge

AT_ONCE = 20
"""As many are judged by one read; whose verdict has run out besides, reads as PENDING until the next."""


def judge_lapsed(*, at: datetime) -> None:
    """Judge pull requests anew whose verdict has run out. Mostly none: then it is one look at a small index.

    Those that somebody holds are being judged just now: a reader does not wait for them.
    """
    for pull_id in PullRequest.objects.lapsed(at).order_by("pk").values_list("pk", flat=True)[:AT_ONCE]:
        with transaction.atomic():
            free = PullRequest.objects.select_for_update(skip_locked=True, no_key=True).filter(pk=pull_id)
            if free.first():
                rejudge(pull_id, at=at)
