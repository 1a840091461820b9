"""The report that CI would make of an evaluation."""

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from compliance.choices import Format
from compliance.evaluation.changes import Change
from compliance.evaluation.git import Git, Unreadable

MAX_TITLE_CHARS = 1000


def report_of(
    change: Change,
    document: Mapping[str, Any],
    *,
    repository: str,
    branch: str,
    base_branch: str,
    run_id: str,
    started_at: datetime,
    policy_revision: str,
    **more: Any,
) -> dict[str, Any]:
    """The body of ``POST reports`` about an evaluated change.

    Args:
        document: the value of ``data.compliance``.
        more: further fields of a report, ``url`` for one.
    """
    said = change.input
    return {
        "repository": repository,
        "pr_number": said["pr_number"],
        "commit_sha": change.head,
        "branch": branch,
        "base_branch": base_branch,
        "title": said["pr_title"][:MAX_TITLE_CHARS],
        "description": said["pr_body"],
        "author": said["author"],
        "run_id": run_id,
        "run_started_at": started_at.isoformat(),
        "policy_revision": policy_revision,
        "changed_files": change.paths,
        "format": Format.OPA.value,
        "results": document,
        **more,
    }


def repository_name(repository: Path) -> str:
    """``owner/name`` as the remote ``origin`` says it.

    Raises:
        Unreadable: there is no such remote, or its address ends otherwise.
    """
    address = Git(repository).ask("config", "--get", "remote.origin.url").stdout.decode(errors="replace").strip()
    stated = re.search(r"[:/]([0-9A-Za-z._-]+/[0-9A-Za-z._-]+?)(?:\.git)?/?$", address)
    if stated is None:
        raise Unreadable("no_repository", "The remote origin names no repository: say it with --repository owner/name.")
    return stated[1]
