"""Signing in with a browser, and failing to, as Django and django-axes tell of it."""

from ipaddress import ip_address
from typing import Any

from axes.utils import reset
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.models import User
from accounts.people import record_sign_in
from accounts.signals import sign_in_locked
from audit.services import record_entry
from core.origin import address_of
from core.views import refused


def note_sign_in(*, user: User, **signal: Any) -> None:
    """Receiver of ``user_logged_in``."""
    record_sign_in(user, how="session", at=timezone.now())


def note_lock(*, request: HttpRequest, username: str | None, **signal: Any) -> None:
    """Receiver of axes' ``user_locked_out``, which is also sent for every further attempt while the lock holds."""
    if getattr(request, "axes_failures_since_start", None) != settings.AXES_FAILURE_LIMIT:
        return
    at, name = timezone.now(), (username or "")[:150]
    person = User.objects.filter(username=name).first()
    with transaction.atomic():
        sign_in_locked.send(sender=User, person=person, address=address(request) or "", at=at)
        resource = person or ("user", "", name)
        record_entry(action="user.locked_out", resource=resource, by=None, at=at, after={"from": address(request)})


def forgive(request: HttpRequest, username: str) -> None:
    """Forget the wrong passwords of a name from the caller's address; for sign-ins that Django tells nobody of."""
    reset(username=username, ip=address(request))


def address(request: HttpRequest) -> str | None:
    """Who calls, for axes' column of addresses; None where a proxy hands on something else."""
    try:
        return str(ip_address(address_of(request)))
    except ValueError:
        return None


def locked(request: HttpRequest, response: HttpResponse | None, credentials: dict[str, Any] | None) -> HttpResponse:
    """The answer while a lock holds: the same for names that there are and that there are not."""
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    detail = f"Too many attempts. Wait {minutes} minutes, or have an administrator set a new password."
    answer = refused(request, 429, "locked_out", detail)
    answer["Retry-After"] = str(minutes * 60)
    return answer
