"""``manage.py evaluate``: what the policies say about a change, without CI."""

import json
import os
import sys
from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.core.management.base import BaseCommand, CommandError

from compliance.evaluation.changes import Change, Words, read_change
from compliance.evaluation.console import Console
from compliance.evaluation.engine import evaluate
from compliance.evaluation.pack import Pack, own_pack, read_pack
from compliance.evaluation.reporting import report_of, repository_name
from compliance.evaluation.result import read_result
from compliance.evaluation.telling import told
from core.errors import DomainError

MAY_MERGE, WOULD_NOT, COULD_NOT_TELL = 0, 1, 2


class Command(BaseCommand):
    """Needs git and no server, unless it posts."""

    help = (
        "Evaluate the policies over what --head adds to --base, and print what they find. Exit code 0: it may merge; "
        "1: it would not; 2: that could not be told."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--repo", type=Path, default=Path(), help="the repository's folder (default: here)")
        parser.add_argument("--base", required=True, help="the branch, tag or commit to merge into")
        parser.add_argument("--head", default="HEAD", help="the branch, tag or commit to be merged (HEAD)")
        parser.add_argument("--title", help="of the pull request (default: the head commit's first line)")
        parser.add_argument("--body", help="of the pull request, where @override: stands (the rest of its message)")
        parser.add_argument("--author", help="of the pull request (the head commit's)")
        parser.add_argument("--number", type=int, help="of the pull request; needed to post")
        parser.add_argument("--coverage", type=Path, help="JSON with coverage figures, for R17")
        parser.add_argument("--performance", type=Path, help="JSON with measured figures and budgets, for R18")
        parser.add_argument("--data", type=Path, help="JSON object that stands beside the policies: exemptions")
        parser.add_argument("--policies", type=Path, help="a folder of policies, in place of the product's own")
        parser.add_argument("--json", action="store_true", help="print the value of data.compliance instead")
        post = parser.add_argument_group("posting", "hand the result in, as CI does, and wait for the verdict")
        post.add_argument("--post", action="store_true")
        post.add_argument("--url", default=os.environ.get("FORGE_URL"), help="of the tenant (FORGE_URL)")
        post.add_argument("--token", default=os.environ.get("FORGE_TOKEN"), help="a CI token (better: FORGE_TOKEN)")
        post.add_argument("--repository", help="owner/name (default: what the remote origin says)")
        post.add_argument("--wait", type=float, default=60.0, metavar="SECONDS", help="for the verdict (60)")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            sys.exit(MAY_MERGE if self._may_merge(options) else WOULD_NOT)
        except DomainError as error:
            raise CommandError(error.message, returncode=COULD_NOT_TELL) from error

    def _may_merge(self, options: dict[str, Any]) -> bool:
        if options["post"]:
            _check_posting(options)
        words = Words(options["title"], options["body"], options["number"], options["author"])
        change = read_change(options["repo"], base=options["base"], head=options["head"], words=words)
        pack = read_pack(options["policies"]) if options["policies"] else own_pack()
        figures = {name: _read(options[name]) for name in ("coverage", "performance") if options[name]}
        began = datetime.now(UTC)
        document = evaluate({**change.input, **figures}, data=_read(options["data"]), pack=pack)
        result = read_result(document, changed_files=change.paths)
        self.stdout.write(
            json.dumps(document, indent=2, ensure_ascii=False) if options["json"] else told(result, files=change.files)
        )
        if options["post"]:
            return self._post(change, document, pack, began, options)
        return result.judgement.verdict.can_merge

    def _post(
        self, change: Change, document: dict[str, Any], pack: Pack, began: datetime, options: dict[str, Any]
    ) -> bool:
        report = report_of(
            change,
            document,
            repository=options["repository"] or repository_name(options["repo"]),
            branch="" if options["head"] == "HEAD" else options["head"],
            base_branch=options["base"],
            run_id=f"evaluate-{uuid4().hex[:12]}",
            started_at=began,
            policy_revision=pack.revision,
        )
        console = Console(options["url"], options["token"])
        answer = console.await_verdict(console.post(report)["status_url"], within=options["wait"])
        if answer["status"] == "failed":
            raise CommandError(f"The report failed: {answer.get('error')}", returncode=COULD_NOT_TELL)
        self.stderr.write(f"\nThe console says {answer['verdict']}, score {answer['score']}: {answer.get('url') or ''}")
        return bool(answer["can_merge"])


def _check_posting(options: dict[str, Any]) -> None:
    missing = [f"--{name}" for name in ("url", "token", "number") if not options[name]]
    if missing:
        raise CommandError(f"To post, {' and '.join(missing)} must be said too.", returncode=COULD_NOT_TELL)


def _read(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        document = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise CommandError(f"{path} cannot be read: {error}", returncode=COULD_NOT_TELL) from error
    if not isinstance(document, dict):
        raise CommandError(f"{path} holds no JSON object.", returncode=COULD_NOT_TELL)
    return document
