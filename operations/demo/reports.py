"""OPA results from files, and the reports that a CI job would make of them."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple


class UnreadableError(ValueError):
    """A file holds no OPA result; the message says what is wrong with it."""


class Result(NamedTuple):
    """One evaluation of the policies about one change, as a file holds it."""

    name: str
    digest: str
    """Of the file's bytes: the same file is the same CI run, wherever and whenever it is posted."""
    fields: Mapping[str, Any]

    @property
    def pr_number(self) -> int | None:
        """None is a push to the default branch."""
        number: int | None = self.fields.get("pr_number")
        return number

    @property
    def title(self) -> str:
        """The change's title, possibly empty."""
        return str(self.fields.get("title") or "")


def result_files(folder: Path) -> list[Path]:
    """The files in ``folder`` that may hold results, in the order of their names.

    Raises:
        UnreadableError: there is no such folder, or no such file in it.
    """
    try:
        files = sorted(path for path in folder.iterdir() if path.suffix == ".json" and path.is_file())
    except OSError as error:
        raise UnreadableError(f"REPORTS={folder}: {(error.strerror or str(error)).lower()}") from error
    if not files:
        raise UnreadableError(f"REPORTS={folder}: no *.json files in it")
    return files


def read_result(path: Path) -> Result:
    """Read one result.

    Raises:
        UnreadableError: the file is no JSON object with ``commit_sha`` and ``data_compliance``.
    """
    try:
        content = path.read_bytes()
        fields = json.loads(content)
    except OSError as error:
        raise UnreadableError((error.strerror or str(error)).lower()) from error
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"no JSON that can be read ({error})") from error
    if not isinstance(fields, dict):
        raise UnreadableError("not a JSON object")
    for name, kind in (("commit_sha", str), ("data_compliance", dict)):
        if not isinstance(fields.get(name), kind):
            raise UnreadableError(f"no {name}")
    if not isinstance(fields.get("pr_number"), int | None) or isinstance(fields.get("pr_number"), bool):
        raise UnreadableError("pr_number is neither a number nor null")
    return Result(path.name, hashlib.sha256(content).hexdigest(), fields)


def report_body(result: Result, *, repository: str) -> bytes:
    """The report (JSON) that the CI of ``repository`` would post about ``result``; the same bytes every time."""
    fields, number = result.fields, result.pr_number
    run_id = str(fields.get("run_id") or f"demo-{result.digest[:16]}")
    report = {
        "repository": repository,
        "pr_number": number,
        "commit_sha": fields["commit_sha"],
        "branch": fields.get("branch") or ("main" if number is None else f"pull/{number}"),
        "base_branch": "main",
        "title": result.title,
        "description": fields.get("description"),
        "author": fields.get("author"),
        "url": None if number is None else f"https://git.example.com/{repository}/pull/{number}",
        "run_id": run_id,
        "run_url": f"https://ci.example.com/{repository}/runs/{run_id}",
        "run_started_at": _moment(fields.get("date")),
        "policy_revision": fields.get("policy_revision"),
        "changed_files": fields.get("changed_files") or [],
        "format": "opa",
        "results": fields["data_compliance"],
    }
    optional = {"title", "description", "author", "url", "run_started_at", "policy_revision"}
    return json.dumps({key: value for key, value in report.items() if value or key not in optional}).encode()


def _moment(text: object) -> str | None:
    """An ISO date with its zone as it stands; anything else is no moment."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment.isoformat() if moment.tzinfo else None
