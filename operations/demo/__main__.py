"""Start Forge Console at home, post reports to it, and serve until Ctrl-C."""

import argparse
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.errors import DomainError
from operations.demo.credentials import load_credentials
from operations.demo.evaluations import evaluate_repository
from operations.demo.posting import Target, post_all
from operations.demo.reports import Result, UnreadableError, read_result, result_files
from operations.demo.repository import NoGitError, check_git
from operations.demo.site import DemoError, Site, check_port
from operations.demo.telling import ADMIN, demo_facts, sign_ins, verdict_table, write_facts
from operations.embedded import EngineError
from operations.processes import InUseError, die_with, take_lock

OTHERS_GET = 3
TEND_SECONDS = 0.5
LOCK_SECONDS = 20.0


def say(line: str) -> None:
    """Print a line now; when nobody reads us any more, go on in silence."""
    try:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115


def main() -> int:
    """Run the demo; returns the exit code."""
    options = _options()
    parent = os.getppid()
    # An orderly stop, whichever way we are asked; also when the make that started us is killed. SIGINT too: scripts
    # start what runs in the background with that one ignored.
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, signal.default_int_handler)
    if "MAKELEVEL" in os.environ:
        die_with(parent, signal.SIGTERM)
    try:
        _run(options.data.resolve(), port=options.port, reports=options.reports)
    except KeyboardInterrupt:
        return 0
    except (DemoError, DomainError, EngineError, InUseError, NoGitError, UnreadableError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m operations.demo", description=__doc__)
    parser.add_argument("--port", type=_port, default=8000, help="where the web process listens (default: 8000)")
    parser.add_argument("--data", type=Path, default=Path(".demo"), help="the data folder (default: .demo)")
    parser.add_argument(
        "--reports", type=Path, help="post the OPA results (*.json) in this folder; no sample repository is made"
    )
    return parser.parse_args()


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(f"{text} is no port (1 to 65535)")
    return int(text)


def _run(data: Path, *, port: int, reports: Path | None) -> None:
    results = _read_all(result_files(reports)) if reports else []
    if not reports:
        check_git()
    data.mkdir(mode=0o711, parents=True, exist_ok=True)
    lock = take_lock(data / "lock", patience=LOCK_SECONDS)
    check_port(port)
    # Its presence means that everything runs.
    (data / "demo.json").unlink(missing_ok=True)
    credentials = load_credentials(data / "secrets.json")
    site = Site(data, port=port, credentials=credentials, lock=lock, say=say)
    try:
        history: Mapping[str, Any] = {}
        if not reports:
            say(f"Evaluating the branches of {data / 'shop'} …")
            evaluated = evaluate_repository(data, now=datetime.now(UTC))
            results = list(evaluated.newest)
            history = {tenant: evaluated.history(f"{tenant}/shop") for tenant in (next(iter(credentials["tenants"])),)}
        site.start(history)
        _post(results, site=site, credentials=credentials)
        _serve(site, credentials=credentials)
    finally:
        # A second Ctrl-C must not interrupt the stopping, which is bounded.
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(signum, signal.SIG_IGN)
        say("\nStopping …")
        (data / "demo.json").unlink(missing_ok=True)
        site.stop()


def _read_all(files: Sequence[Path]) -> list[Result]:
    results = []
    for path in files:
        try:
            results.append(read_result(path))
        except UnreadableError as error:
            say(f"Skipping {path}: {error}")
    return results


def _post(results: Sequence[Result], *, site: Site, credentials: Mapping[str, Any]) -> None:
    targets = [Target(name, site.port, tenant["ci_token"]) for name, tenant in credentials["tenants"].items()]
    # The first tenant gets all, the others enough to see that they are apart.
    jobs = [
        (target, result)
        for place, target in enumerate(targets)
        for result in (results[:OTHERS_GET] if place else results)
    ]
    say(f"Posting {len(jobs)} reports as CI would …\n")

    def tend() -> None:
        for event in site.tend():
            say(event)

    for line in verdict_table(list(post_all(jobs, meanwhile=tend))):
        say(line)


def _serve(site: Site, *, credentials: Mapping[str, Any]) -> None:
    site.build_on_request()
    facts = _write_facts(site, credentials)
    sign_ins(facts, say=say)
    say(f"\n  logs: {site.data / 'log'} · for scripts: {site.data / 'demo.json'}")
    if (shop := site.data / "shop").exists():
        say(f"  try: manage.py evaluate --repo {shop} --base main --head feat/returns-portal")
    say("")
    first = next(iter(facts["tenants"].values()))
    say(f"ready: {first['url']}{ADMIN} (Ctrl-C stops everything)")
    while True:
        time.sleep(TEND_SECONDS)
        if events := site.tend():
            _write_facts(site, credentials)
            say("\n".join(events))


def _write_facts(site: Site, credentials: Mapping[str, Any]) -> dict[str, Any]:
    facts = demo_facts(credentials, port=site.port, addresses=site.addresses, pids=site.pids)
    write_facts(site.data / "demo.json", facts)
    return facts


if __name__ == "__main__":
    sys.exit(main())
