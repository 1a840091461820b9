"""``manage.py replay_demo FILE``: the demo's past.

Nobody who posts a report may say when the console got it, so weeks that lie back cannot come over HTTP. They come
through the same services instead, each report taken in and judged at its own time.
"""

import json
from argparse import ArgumentParser
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django_tenants.utils import tenant_context

from compliance.api.envelopes import ReportSerializer, report_of
from compliance.api.submitting import canonical
from compliance.choices import PullState
from compliance.inbox import LEASE
from compliance.models import PullRequest, Repository, Submission
from compliance.services.ingest import process
from compliance.services.pulls import set_state
from compliance.services.submissions import receive
from core.errors import Conflict
from tenants.current import connection
from tenants.models import Tenant


class Command(BaseCommand):
    """Repeating it changes nothing. Must not run beside workers, who would judge the reports at their own time."""

    help = "Take in and judge the reports that FILE tells of, each at its own time."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="JSON: {schema: [{at, report, ends, ended_at}]}")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        for schema, events in json.loads(file.read_text()).items():
            connection.set_schema_to_public()
            with tenant_context(Tenant.objects.active().get(schema_name=schema)):
                replayed = sum(_replayed(event) for event in events)
            self.stdout.write(f"{schema}: {replayed} reports of the past")


def _replayed(event: Mapping[str, Any]) -> bool:
    """Take one report in, judge it, and end its pull request where it ended. False where it is known."""
    at = datetime.fromisoformat(event["at"])
    serializer = ReportSerializer(data=event["report"])
    serializer.is_valid(raise_exception=True)
    report = report_of(serializer.validated_data)
    try:
        received = receive(report, content=canonical(event["report"]), blocking=False, by="demo", at=at)
    except Conflict:
        # Other policies judged it at an earlier start: the past stays as it was.
        return False
    if received.duplicate:
        return False
    submission = Submission.objects.filter(pk=received.submission.pk).claim_next(at=at, lease=LEASE)
    if submission is None:
        raise CommandError("Somebody else works on the demo's past: stop the workers first.")
    pull = process(submission, at=at).pull_request
    # What the database dated itself.
    Repository.objects.filter(pk=pull.repository_id, created_at__gt=at).update(created_at=at)
    PullRequest.objects.filter(pk=pull.pk, created_at__gt=at).update(created_at=at)
    if event["ends"]:
        set_state(pull.pk, state=PullState(event["ends"]), by="demo", at=datetime.fromisoformat(event["ended_at"]))
    return True
