"""Settings, addresses, static files, storage and disk: what this host has."""

import json
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core import checks
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from operations.doctor.findings import Told, fail, ok, warn

_LITTLE, _TOO_LITTLE = 2 * 1024**3, 256 * 1024**2
"""Bytes of free disk."""


def check_settings() -> Iterator[Told]:
    """What Django and ours say of the settings; as in `manage.py check --deploy`."""
    messages = checks.run_checks(include_deployment_checks=_is_production())
    for message in messages:
        say = fail if message.level >= checks.ERROR else warn
        yield say(f"{message.id}: {message.msg}", message.hint or "See `manage.py check --deploy`.")
    if not messages:
        yield ok(f"{settings.SETTINGS_MODULE}, release {settings.RELEASE}")


def check_addresses() -> Iterator[Told]:
    """What outsiders reach us by."""
    if not _is_production():
        yield warn(
            "These are settings for home: plain HTTP, a secret key that everybody knows where none is set.",
            "Behind TLS set DJANGO_SETTINGS_MODULE=config.settings.production.",
        )
        return
    if settings.BASE_DOMAIN == "localhost":
        yield fail("BASE_DOMAIN is localhost.", "Set BASE_DOMAIN to the domain that tenants live under.")
    if settings.SITE_SCHEME != "https":
        yield fail("Links in messages lead to plain HTTP.", "Set SITE_SCHEME=https.")
    if not settings.SECURE_SSL_REDIRECT or settings.SECURE_HSTS_SECONDS < 3600:
        yield warn("Browsers are not led to HTTPS.", "Leave SECURE_SSL_REDIRECT and SECURE_HSTS_SECONDS as they are.")
    if not settings.TRUSTED_PROXIES:
        yield warn(
            "No proxy is trusted: the audit log names the proxy's address in place of people's.",
            "Set TRUSTED_PROXIES to the number of proxies that append to X-Forwarded-For.",
        )
    yield ok(f"https://<tenant>.{settings.BASE_DOMAIN}")


def check_keys() -> Iterator[Told]:
    """Keys are there, are keys, and are not the same."""
    if settings.SECRET_KEY.startswith(("local-only-", "django-insecure-")) or len(settings.SECRET_KEY) < 40:
        say = fail if _is_production() else warn
        yield say("SECRET_KEY is short or known to everybody.", "Set SECRET_KEY to 50 random characters.")
    if settings.SECRET_KEY in settings.FIELD_ENCRYPTION_KEYS:
        say = fail if _is_production() else warn
        yield say(
            "Secrets at rest are encrypted with SECRET_KEY.",
            "Put a key of its own in front: FIELD_ENCRYPTION_KEYS=<new>,<SECRET_KEY>.",
        )
    if not settings.AUDIT_KEYS:
        yield warn(
            "Audit entries are sealed with SECRET_KEY: a new one would make the log look tampered with.",
            "Set AUDIT_KEYS=<new>,<SECRET_KEY>; old keys stay.",
        )
    kept = len(settings.FIELD_ENCRYPTION_KEYS)
    yield ok(f"{kept} for secrets at rest, {len(settings.AUDIT_KEYS) or 'none of its own'} for the audit log")


def check_static_files() -> Iterator[Told]:
    """Pages have their styles and scripts."""
    if getattr(settings, "WHITENOISE_USE_FINDERS", False):
        yield ok("served from where the packages keep them")
        return
    manifest = Path(str(settings.STATIC_ROOT)) / "staticfiles.json"
    if not manifest.exists():
        yield fail(f"{manifest} is missing: pages answer 500.", "Run `manage.py collectstatic` on this host.")
        return
    named = set(json.loads(manifest.read_text(encoding="utf-8"))["paths"].values())
    lost = sorted(name for name in named if not staticfiles_storage.exists(name))
    if lost:
        yield fail(f"{len(lost)} static files are missing, {lost[0]} first.", "Run `manage.py collectstatic --clear`.")
    else:
        yield ok(f"{len(named)} files in {settings.STATIC_ROOT}")


def check_storage() -> Iterator[Told]:
    """What is written can be read back and removed."""
    name, content = f"doctor/{uuid.uuid4().hex}", b"written by manage.py doctor"
    try:
        stored = default_storage.save(name, ContentFile(content))
        try:
            with default_storage.open(stored) as file:
                same = file.read() == content
        finally:
            default_storage.delete(stored)
    except OSError as error:
        yield fail(f"Files cannot be kept: {error}", "Let this user write to MEDIA_ROOT, or mend the storage's access.")
        return
    where = type(default_storage._wrapped).__name__  # type: ignore[attr-defined]
    yield (
        ok(f"{where}, written and read back")
        if same
        else fail(f"{where} gives back something else than was written.", "Look into the storage's own log.")
    )


def check_disk() -> Iterator[Told]:
    """There is room for files and logs."""
    for name in dict.fromkeys([str(settings.MEDIA_ROOT), "/tmp"]):  # noqa: S108
        path = next(one for one in [Path(name), *Path(name).absolute().parents] if one.exists())
        free = shutil.disk_usage(path).free
        room = f"{free / 1024**3:.1f} GiB free at {path}"
        if free < _TOO_LITTLE:
            yield fail(room, "Free some: nothing can be written soon.")
        elif free < _LITTLE:
            yield warn(room, "Free some, or give the volume more.")
        else:
            yield ok(room)


def _is_production() -> bool:
    return hasattr(settings, "SECURE_PROXY_SSL_HEADER") and settings.SECURE_PROXY_SSL_HEADER is not None
