"""Signing in with a browser, as Django tells of it."""

from typing import Any

from django.utils import timezone

from accounts.models import User
from accounts.people import record_sign_in


def note_sign_in(*, user: User, **signal: Any) -> None:
    """Receiver of ``user_logged_in``."""
    record_sign_in(user, how="session", at=timezone.now())
