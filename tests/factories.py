"""Test data that says only what matters to the test."""

import itertools
from datetime import datetime
from typing import Any, cast

import orjson
from django.utils import timezone
from factory.base import DictFactory
from factory.declarations import LazyFunction, Sequence

from accounts.models import User
from accounts.roles import Role
from accounts.services import ensure_user, issue_ci_token
from compliance.api.envelopes import ReportSerializer, report_of
from compliance.models import Evaluation, Submission
from compliance.services.ingest import process
from compliance.services.submissions import receive
from core.claims import Claimable

_numbers = itertools.count(1)
# What every report must speak about, or the verdict is INCOMPLETE.
CLEAN_PACKAGES: dict[str, Any] = {"security": {"deny": [], "warn": []}, "architecture": {"deny": []}}


class ReportFactory(DictFactory):
    """The body of ``POST reports``: a clean OPA result on pull request 1 of acme/shop."""

    repository = "acme/shop"
    pr_number = 1
    commit_sha = "c0ffee"
    title = "Add basket"
    author = "kim"
    run_id = Sequence(lambda n: f"run-{n}")
    format = "opa"
    results = LazyFunction(lambda: dict(CLEAN_PACKAGES))
    changed_files = LazyFunction(list)


def report(**fields: Any) -> dict[str, Any]:
    """A report's body; ``deny``, ``override`` and ``warn`` stand in package security."""
    sets = {name: fields.pop(name) for name in ("deny", "override", "warn") if name in fields}
    body = cast(dict[str, Any], ReportFactory(**fields))
    if sets:
        body["results"] = {**CLEAN_PACKAGES, "security": sets}
    return body


def submit(body: dict[str, Any], **options: Any) -> Submission:
    """Put a report's body into the inbox."""
    serializer = ReportSerializer(data=body)
    serializer.is_valid(raise_exception=True)
    defaults: dict[str, Any] = {"blocking": False, "by": "test", "at": timezone.now()}
    content = orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
    return receive(report_of(serializer.validated_data), content=content, **{**defaults, **options}).submission


def judge(body: dict[str, Any], *, at: datetime | None = None, **options: Any) -> Evaluation:
    """Put a report's body into the inbox and process it, at a time (now)."""
    at = at or timezone.now()
    submission = submit(body, at=at, **options)
    submission.status, submission.attempts = Claimable.Status.PROCESSING, 1
    submission.save(update_fields=["status", "attempts"])
    return process(submission, at=at)


def user(role: Role, *, password: str) -> User:
    """A person of this role."""
    return ensure_user(username=f"{role.value}-{next(_numbers)}", password=password, role=role)


def ci_token(*repositories: str) -> str:
    """The secret of a new CI token."""
    name = f"token-{next(_numbers)}"
    return issue_ci_token(name=name, repositories=repositories or ["*"], by=None)[1]
