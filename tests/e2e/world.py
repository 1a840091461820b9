"""What the journeys find: a few people, and pull requests in every state."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from alerts.choices import Tier
from alerts.models import Delivery, Notification
from alerts.queries.bell import forget_bell
from alerts.services.notices import notify
from compliance.models import PullRequest, Rule, Violation
from overrides.models import OverrideRequest
from overrides.services.asking import request_override
from overrides.services.deciding import approve_override
from tests import factories

PASSWORD = "correct horse"
LINE = {
    "message": "HARD STOP [Security/R01]: basket.find() reads every tenant's rows",
    "file": "apps/api/src/basket.ts",
    "line": 42,
    "rule": "R01",
}
REASON = "The query runs in a migration that only the owner starts, CHG-4711."


@dataclass
class World:
    """Everything, by the names that the journeys use."""

    viewer: User
    admin: User
    owner: User
    blocked: PullRequest
    """The viewer's question: why?"""
    asked: PullRequest
    """Another one that is blocked, for the override's journey."""
    pending: OverrideRequest
    passed: PullRequest

    @classmethod
    def made(cls) -> Self:
        """A quarter of an hour in the life of a tenant."""
        viewer, admin, owner = (
            factories.user(role, password=PASSWORD) for role in (Role.VIEWER, Role.COMPLIANCE_ADMIN, Role.TENANT_ADMIN)
        )
        blocked = _judged(7, "Read baskets faster", deny=[LINE], warn=["WARNING [Style/R23]: a long function in a.ts"])
        asked = _judged(8, "Move old baskets", deny=["HARD STOP [Security/R01]: no tenant in apps/api/src/move.ts"])
        passed = _judged(9, "Add a basket")
        _judged(None, "", branch="main")
        other = _judged(10, "Drop a table", deny=[f"HARD STOP [Security/R0{n}]: in src/{n}.ts" for n in (2, 3)])
        pending, granted = _requested(other, by=viewer)
        approve_override(override_id=granted.pk, by=admin, at=timezone.now(), expires_at=_in_days(3))
        return cls(viewer, admin, owner, blocked, asked, pending, passed)

    def tell(self, user: User, title: str) -> Notification:
        """Let somebody be told something in the console."""
        notify([user], title=title, link=f"/admin/compliance/pullrequest/{self.blocked.pk}/change/", at=timezone.now())
        delivery = Delivery.objects.latest("id")
        link = f"/admin/compliance/pullrequest/{self.blocked.pk}/change/"
        note: Notification = Notification.objects.create(
            user=user, delivery=delivery, tier=Tier.BLOCK, title=title, link=link, at=timezone.now()
        )
        forget_bell(user)
        return note


def fix(pull: PullRequest) -> None:
    """A report of a commit that mends everything."""
    factories.judge(factories.report(pr_number=pull.number, commit_sha="f" * 40, title=pull.title))


def open_violation(pull: PullRequest) -> Violation:
    """Its first one."""
    return Violation.objects.filter(pull_request=pull).live().earliest("pk")


def rules() -> int:
    """How many rules the tenant's catalogue has."""
    return Rule.objects.exclude(pk="UNATTRIBUTED").count()


def _judged(number: int | None, title: str, **fields: Any) -> PullRequest:
    commit = f"{number or 0:040x}"
    body = factories.report(pr_number=number, title=title, commit_sha=commit, url="https://git.example.com/7", **fields)
    return factories.judge(body).pull_request


def _requested(pull: PullRequest, *, by: User) -> tuple[OverrideRequest, OverrideRequest]:
    one, other = Violation.objects.filter(pull_request=pull).live().order_by("pk")[:2]
    now = timezone.now()
    return (
        request_override(violations=[one.pk], reason=REASON, by=by, at=now),
        request_override(violations=[other.pk], reason=REASON, by=by, at=now),
    )


def _in_days(days: int) -> Any:
    return timezone.now() + timedelta(days=days)
