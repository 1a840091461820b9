"""What the demo says: the verdicts, the addresses and sign-ins, and ``demo.json`` for programs."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from operations.demo.posting import Outcome, Target
from operations.processes import write_private

ADMIN = "/admin/"
_COLUMNS = ("pull request", "verdict", "score", "block", "override", "warning", "title")


class Addresses(NamedTuple):
    """Where the demo's servers are."""

    database: str
    owner_database: str
    redis: str


def demo_facts(
    credentials: Mapping[str, Any], *, port: int, addresses: Addresses, pids: Mapping[str, int | None]
) -> dict[str, Any]:
    """All that a script needs to use the running demo."""
    tenants = {}
    for name, tenant in credentials["tenants"].items():
        host = Target(name, port, tenant["ci_token"]).host
        tenants[name] = {"url": f"http://{host}", "host": host, **tenant}
    return {
        "public": {"url": f"http://localhost:{port}", **credentials["public"]},
        "tenants": tenants,
        "database_url": addresses.database,
        "owner_database_url": addresses.owner_database,
        "redis_url": addresses.redis,
        "pids": dict(pids),
    }


def write_facts(path: Path, facts: Mapping[str, Any]) -> None:
    """Write ``demo.json`` in one step, readable by its owner alone."""
    write_private(path, json.dumps(facts, indent=2) + "\n")


def verdict_table(outcomes: Sequence[Outcome]) -> list[str]:
    """One line for each report, in the order of repositories and pull requests."""
    rows = [_COLUMNS, *(_row(outcome) for outcome in sorted(outcomes, key=_order))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS) - 1)]
    right = {"score", "block", "override", "warning"}
    lines = []
    for row in rows:
        cells = [
            cell.rjust(width) if name in right else cell.ljust(width)
            for cell, width, name in zip(row, widths, _COLUMNS, strict=False)
        ]
        lines.append("  " + "  ".join([*cells, row[-1]]).rstrip())
    return lines


def _order(outcome: Outcome) -> tuple[str, int, str]:
    return outcome.target.repository, outcome.result.pr_number or 0, outcome.result.name


def _row(outcome: Outcome) -> tuple[str, ...]:
    answer, number = outcome.answer, outcome.result.pr_number
    pull = outcome.target.repository + (f"#{number}" if number is not None else " main")
    if outcome.error:
        return (pull, "ERROR", "", "", "", "", f"{outcome.result.name}: {outcome.error}")
    title = outcome.result.title if len(outcome.result.title) <= 60 else outcome.result.title[:59] + "…"
    counts = (str(answer.get(key, "")) for key in ("score", "block_count", "override_count", "warning_count"))
    return (pull, str(answer.get("verdict", "")), *counts, title + (" (posted before)" if outcome.duplicate else ""))


def sign_ins(facts: Mapping[str, Any], *, say: Callable[[str], None]) -> None:
    """Print every address with the people who may sign in there, and the CI tokens."""
    for name, tenant in facts["tenants"].items():
        say(f"\n  {name}: {tenant['url']}{ADMIN}")
        for role, user in tenant["users"].items():
            say(f"    {user['username']:<9} {user['password']}  {role}")
        say(f"    CI token  {tenant['ci_token']}")
    public = facts["public"]
    say(f"\n  platform: {public['url']}{ADMIN}")
    say(f"    {public['username']:<9} {public['password']}  operator of all tenants")
