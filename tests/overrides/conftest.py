"""A blocked pull request, somebody who asks, and somebody else who decides."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from accounts.models import User
from compliance.models import Evaluation, PullRequest, Violation
from overrides.models import OverrideRequest
from overrides.services.asking import request_override
from overrides.services.deciding import approve_override

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
REASON = "The vendor mends it in December, CHG-4711."
BLOCK = "HARD STOP [Security/R01]: query without tenant filter in src/a.ts"
OTHER = "HARD STOP [Security/R02]: secret in src/b.ts"
WARNING = "WARNING [Quality/R16]: no tests for src/c.ts"

Ask = Callable[..., OverrideRequest]


@pytest.fixture(autouse=True)
def _files(settings: Any, tmp_path: Path) -> None:
    """Evidence goes where the test's other files go."""
    settings.MEDIA_ROOT = str(tmp_path / "files")


@pytest.fixture
def blocked(judge: Callable[..., Evaluation], report: Callable[..., Any]) -> PullRequest:
    """A pull request that R01 blocks."""
    return judge(report(deny=[BLOCK]), at=NOON).pull_request


@pytest.fixture
def ask(viewer: User) -> Ask:
    """Ask for an override of everything that is live: ``ask()``, ``ask(violations=…, by=…, at=…)``."""

    def make(**fields: Any) -> OverrideRequest:
        fields.setdefault("violations", live())
        return request_override(**{"reason": REASON, "by": viewer, "at": NOON, **fields})

    return make


@pytest.fixture
def approved(blocked: PullRequest, ask: Ask, compliance_admin: User) -> OverrideRequest:
    """An override of the blocking violation, approved at noon for thirty days."""
    return approve_override(override_id=ask().pk, by=compliance_admin, at=NOON)


def live() -> list[UUID]:
    """Keys of all live violations, the oldest first."""
    return list(Violation.objects.live().order_by("id").values_list("pk", flat=True))


def verdict() -> str:
    """Of the one pull request, as it is stored."""
    return PullRequest.objects.values_list("verdict", flat=True).get()
