"""What a check finds, how all of them are run, and what must not stand in what they say."""

import os
import re
import time
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from threading import Thread
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db import connections

MASK = "•••"
_SHORTEST_SECRET = 6
_PASSWORD = re.compile(r"(?<=://)([^\s/@:]*):([^\s/@]+)@")


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


class Finding(NamedTuple):
    """One thing that was looked at."""

    check: str
    level: Level
    message: str
    mend: str = ""
    """What to do, where there is something to do."""


class Told(NamedTuple):
    """What a check says of one thing; its name is added."""

    level: Level
    message: str
    mend: str = ""


Look = Callable[[], Iterable[Told]]


class Check(NamedTuple):
    """Something to look at, by itself: what another check finds is no business of it."""

    name: str
    look: Look


def ok(message: str) -> Told:
    """All is well."""
    return Told(Level.OK, message)


def warn(message: str, mend: str) -> Told:
    """It works, and should not stay so."""
    return Told(Level.WARN, message, mend)


def fail(message: str, mend: str) -> Told:
    """It does not work."""
    return Told(Level.FAIL, message, mend)


def examine(checks: Sequence[Check], *, seconds: float) -> list[Finding]:
    """Run all checks at the same time; each has so many seconds and can stop no other.

    Returns:
        What they found, in their order, without secrets.
    """
    found: dict[str, list[Told]] = {}
    threads = [Thread(target=_look, args=(check, found), daemon=True) for check in checks]
    deadline = time.monotonic() + seconds
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    # A thread cannot be ended; what hangs is left behind and ends with the process.
    late = fail(
        f"No answer within {seconds:g} s.", "See whether it can be reached from here, or give it more --timeout."
    )
    told = [(check.name, one) for check in checks for one in found.get(check.name, [late])]
    secrets = _secrets()
    return [Finding(name, one.level, _masked(one.message, secrets), one.mend) for name, one in told]


def _look(check: Check, found: dict[str, list[Told]]) -> None:
    try:
        told = list(check.look())
    except Exception as error:
        what = f"{type(error).__name__}: {' '.join(str(error).split())}"
        told = [fail(what, "See docs/operations/troubleshooting.md.")]
    finally:
        # Of this thread; nobody else closes them.
        connections.close_all()
    found[check.name] = told


def _secrets() -> list[str]:
    """Everything in our configuration that nobody should read over a shoulder, the longest first."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS, *settings.FIELD_ENCRYPTION_KEYS, *settings.AUDIT_KEYS]
    urls = [value for name, value in os.environ.items() if name.endswith("_URL")]
    passwords = [password for url in [*urls, settings.REDIS_URL] for password in _passwords(url)]
    known = {*keys, *passwords, settings.EMAIL_HOST_PASSWORD}
    return sorted((one for one in known if len(one) >= _SHORTEST_SECRET), key=len, reverse=True)


def _passwords(url: str) -> list[str]:
    try:
        password = urlsplit(url).password or ""
    except ValueError:
        return []
    return [password, unquote(password)]


def _masked(text: str, secrets: Sequence[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, MASK)
    return _PASSWORD.sub(rf"\1:{MASK}@", text)
