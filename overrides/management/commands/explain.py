"""``manage.py explain REPOSITORY PR``: why a pull request may or may not merge, and what would change it."""

from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django_tenants.utils import get_public_schema_name, schema_context, tenant_context

from accounts.roles import in_tenant_schema
from compliance.models import PullRequest
from compliance.services.standing import NamedReason, standing_now
from overrides.choices import Standing
from overrides.models import OverrideRequest
from overrides.queries.outlook import outlook
from overrides.queries.requests import about, of_pull
from overrides.queries.rows import rows_of
from tenants.models import Tenant


class Command(BaseCommand):
    """Reads; where a cover has just run out, the pull request is judged anew, as by every read."""

    help = "Say why a pull request may or may not merge, which override covers what until when, what would change it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("repository", help="owner/name")
        parser.add_argument("number", help="the pull request's number, or default for the default branch")
        parser.add_argument("--schema", default="", help="the tenant; not needed under tenant_command")

    def handle(self, *args: Any, repository: str, number: str, schema: str, **options: Any) -> None:
        with _within(schema):
            for line in explanation(_found(repository, number), at=timezone.now()):
                self.stdout.write(line)


def explanation(pull: PullRequest, *, at: datetime) -> Iterator[str]:
    """The answer, line by line."""
    standing = standing_now(pull, at=at)
    pull = standing.pull
    may = "may be merged" if standing.can_merge else "may not be merged"
    yield f"{pull} {may}: {standing.verdict.value}."
    aside = "" if pull.open_score == pull.score else f" ({pull.open_score} without what is covered)"
    yield f"Score {pull.score}{aside}, threshold {standing.threshold}, head commit {pull.head_sha or 'unknown'}."
    yield ""
    yield "Why:"
    yield from _listed(_why(standing.reasons))
    yield ""
    yield "Overrides:"
    yield from _listed(_overrides(pull, at))


def _why(reasons: list[NamedReason]) -> Iterator[str]:
    if not reasons:
        yield "Nothing stands in the way."
    for named in reasons:
        place = f" [{named.violation}]" if named.violation and named.reason.code != "covered" else ""
        yield f"{named.reason.code}: {named.reason.message}{place}"
        if named.reason.remedy:
            yield f"  → {named.reason.remedy}"


def _overrides(pull: PullRequest, at: datetime) -> Iterator[str]:
    requests = of_pull(pull, Standing.APPROVED, Standing.PENDING, at=at)
    known = about(requests)
    if not requests:
        yield "None is approved or pending."
    for request in requests:
        rules, number = known[request.pk]
        yield f"{request.pk} {request.get_kind_display().lower()} for {number} of {', '.join(rules)}: {_state(request)}"
        yield f"  {request.reason}"
        yield f"  → {_ahead(request, at)}"


def _state(request: OverrideRequest) -> str:
    if request.status == Standing.PENDING:
        return f"asked for by {request.requested_by_label}, not decided"
    until = f" until {request.expires_at:%Y-%m-%d %H:%M} UTC" if request.expires_at else ""
    return f"approved by {request.decided_by_label}{until}"


def _ahead(request: OverrideRequest, at: datetime) -> str:
    ahead = outlook(request, rows_of(request), at=at)
    when = "Once it is approved" if request.status == Standing.PENDING else "Once it ends"
    return f"{when}: {ahead.after.value}." if ahead.after else "Nothing follows from it: the pull request has ended."


def _listed(lines: Iterator[str]) -> Iterator[str]:
    return (line if line.startswith("  ") else f"- {line}" for line in lines)


def _within(schema: str) -> Any:
    if not schema and in_tenant_schema():
        return nullcontext()
    if not schema:
        raise CommandError("Name the tenant with --schema.")
    with schema_context(get_public_schema_name()):
        tenant = Tenant.objects.active().filter(schema_name=schema).first()
    if tenant is None:
        raise CommandError(f"There is no such tenant: {schema}.")
    return tenant_context(tenant)


def _found(repository: str, number: str) -> PullRequest:
    if number != "default" and not (number.isascii() and number.isdigit() and len(number) < 10):
        raise CommandError("The number of a pull request, or default.")
    wanted = None if number == "default" else int(number)
    found = PullRequest.objects.named(repository, wanted).select_related("repository").first()
    if found is None:
        raise CommandError(f"No report has named {repository}{'' if wanted is None else f'#{wanted}'}.")
    return found
