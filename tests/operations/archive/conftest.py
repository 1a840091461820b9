"""A tenant with rows of every age, and an archive in a folder of the test's own."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from compliance.choices import PullState
from compliance.models import Evaluation, PullRequest
from compliance.services.pulls import set_state

R01 = "HARD STOP [Security/R01]: no tenant in apps/{}.ts"


@pytest.fixture
def archive_folder(tmp_path: Path, settings: Any) -> Path:
    """Where the archive lies."""
    folder = tmp_path / "archive"
    options = {"location": str(folder), "flush": False}
    settings.STORAGES = settings.STORAGES | {
        "archive": {"BACKEND": "operations.archive.places.ArchiveFolder", "OPTIONS": options}
    }
    return folder


@pytest.fixture
def now() -> datetime:
    """The moment of the run."""
    return timezone.now()


@pytest.fixture
def ago(now: datetime) -> Callable[[float], datetime]:
    """So many days before the run."""
    return lambda days: now - timedelta(days=days)


@pytest.fixture
def fixed(
    judge: Callable[..., Evaluation], report: Callable[..., Any], ago: Callable[[float], datetime]
) -> Callable[..., PullRequest]:
    """Make violations of a pull request that were found and fixed a day later: ``fixed(7, days=100, files="abc")``."""

    def make(number: int, *, days: float, files: str = "a") -> PullRequest:
        deny = [R01.format(name) for name in files]
        judge(report(pr_number=number, deny=deny, commit_sha=f"{number}a"), at=ago(days + 1))
        return judge(report(pr_number=number, commit_sha=f"{number}b"), at=ago(days)).pull_request

    return make


@pytest.fixture
def merged(fixed: Callable[..., PullRequest], ago: Callable[[float], datetime]) -> Callable[..., PullRequest]:
    """The same, and merged when they were fixed."""

    def make(number: int, *, days: float, files: str = "a") -> PullRequest:
        pull = fixed(number, days=days, files=files)
        return set_state(pull.pk, state=PullState.MERGED, by="kim", at=ago(days))

    return make
