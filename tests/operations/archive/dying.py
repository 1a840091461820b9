"""``python -m tests.operations.archive.dying FOLDER``: acme's retention, killed at the step of each line.

It reads steps from standard input and answers each with the signal that its run died of. A process is forked for each
run: starting Python anew would take longer than the run.
"""

import os
import signal
import sys
from collections.abc import Callable
from itertools import count
from typing import Any

import django

STEPS = (
    "before a file",
    "amid a file",
    "after a file",
    "after a manifest",
    "before it is believed",
    "amid deleting",
    "after deleting some",
    "before sealing",
    "after sealing",
    "while clearing up",
)


def main(folder: str) -> None:
    """Run and die, line by line."""
    for line in sys.stdin:
        child = os.fork()
        if not child:
            run(line.strip(), folder)
            os._exit(0)
        sys.stdout.write(f"{-os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\n")
        sys.stdout.flush()


def run(step: str, folder: str) -> None:
    """Run the retention as far as the step."""
    from django.conf import settings
    from django.utils import timezone

    from operations.archive import deleting, files, writing
    from operations.archive.running import run_retention
    from tenants.current import connection
    from tenants.models import Tenant

    options = {"location": folder, "flush": False}
    settings.STORAGES["archive"] = {"BACKEND": "operations.archive.places.ArchiveFolder", "OPTIONS": options}
    deleting.ROOTS_AT_ONCE = 2
    places: dict[str, tuple[Any, str, int, bool]] = {
        # Where: module, function, at which call of it, and whether before (or else after) it.
        "before a file": (files, "store", 1, True),
        "after a file": (files, "store", 1, False),
        "after a manifest": (files, "store", 4, False),
        "before it is believed": (writing, "write", 3, False),
        "amid deleting": (deleting, "_delete", 3, False),
        "after deleting some": (deleting, "_delete_some", 3, False),
        "before sealing": (deleting, "_seal", 2, True),
        "after sealing": (deleting, "_seal", 2, False),
        "while clearing up": (deleting, "remove", 1, True),
    }
    if step == "amid a file":
        files.store = half_stored  # type: ignore[attr-defined]
    else:
        module, name, call, before = places[step]
        setattr(module, name, dying(getattr(module, name), call=call, before=before))
    connection.set_tenant(Tenant.objects.get(schema_name="acme"))
    run_retention(at=timezone.now())


def dying(work: Callable[..., Any], *, call: int, before: bool) -> Callable[..., Any]:
    """The same, but the process is killed around its so-manieth call."""
    numbers = count(1)

    def mortal(*args: Any, **kwargs: Any) -> Any:
        ours = next(numbers) == call
        if ours and before:
            die()
        result = work(*args, **kwargs)
        if ours:
            die()
        return result

    return mortal


def half_stored(path: str, content: bytes) -> None:
    """Write the beginning of a file, and die."""
    from django.core.files.base import ContentFile

    from operations.archive.places import archive_storage

    archive_storage().save(path, ContentFile(content[:50]))
    die()


def die() -> None:
    """As the kernel does it when memory runs out: no time for anything."""
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    django.setup()
    # Before there are children, so that each finds them there; no connection is open yet.
    from operations.archive import running  # noqa: F401

    main(sys.argv[1])
