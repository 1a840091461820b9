"""The processes that Forge Console at home is made of, and the arguments that start them."""

import sys

from operations.demo.children import Program

PROVISION_SECONDS = 2.0


def programs(port: int) -> list[Program]:
    """Web, a worker for reports, one for urgent ones alone, one for what is sent, the inbox runner and beat."""
    python = sys.executable
    worker = [python, "-m", "celery", "-A", "config", "worker", "-P", "solo", "-l", "INFO"]
    worker += ["--without-gossip", "--without-mingle"]
    web = [python, "-m", "gunicorn", "config.wsgi", "-k", "gthread", "--workers", "1", "--threads", "8"]
    web += ["-b", f"127.0.0.1:{port}", "--no-control-socket", "--graceful-timeout", "3"]
    beat = [python, "-m", "celery", "-A", "config", "beat", "-l", "INFO"]
    beat += ["--scheduler", "django_celery_beat.schedulers:DatabaseScheduler"]
    return [
        Program("web", web),
        Program("worker", [*worker, "-Q", "inbox,urgent,housekeeping,exports", "-n", "worker@%h"]),
        Program("urgent", [*worker, "-Q", "urgent", "-n", "urgent@%h"]),
        Program("outbox", [*worker, "-Q", "outbox,alerts", "-n", "outbox@%h"]),
        Program("inbox", [python, "manage.py", "inbox"]),
        Program("beat", beat),
    ]


def provisioner(owner_url: str) -> Program:
    """Who builds the tenants that the operator asks for: the only process that works as the owner.

    Args:
        owner_url: where it signs in.
    """
    argv = [sys.executable, "manage.py", "provision", "--watch", str(PROVISION_SECONDS)]
    return Program("provision", argv, {"OWNER_DATABASE_URL": owner_url})
