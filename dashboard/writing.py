"""Writing the files that were asked for, one at a time, claimed like all work that waits in a table."""

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from tempfile import TemporaryFile
from typing import Any, cast

from django.core.files import File
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from compliance.api.answers import ViolationSerializer
from compliance.api.shapes import violation_shape
from compliance.models import Violation
from compliance.queries import violations
from core.claims import ClaimLost
from core.errors import DomainError
from core.exports import Row, write_file
from core.ids import new_id
from dashboard.models import Export
from dashboard.queries.rows import keyed_pages
from tenants.addresses import absolute
from tenants.current import connection

LEASE = timedelta(minutes=2)
COLUMNS = list(ViolationSerializer().fields)
Found = Callable[[Export], tuple[QuerySet[Violation], bool]]
logger = logging.getLogger(__name__)


def write_next(found_for: Found) -> bool:
    """Write the file that has waited longest; returns whether there was one.

    Args:
        found_for: the violations that an export is about, and whether the oldest stand first. What it refuses is told
            to who asked.
    """
    export: Export | None = Export.objects.all().claim_next(at=timezone.now(), lease=LEASE)
    if export is None:
        return False
    try:
        found, ascending = found_for(export)
        _write(export, found, ascending)
    except ClaimLost:
        logger.info("the export %s was cancelled or taken over", export.pk)
    except DomainError as error:
        export.fail(at=timezone.now(), error=error.message, permanent=True)
    except Exception:
        logger.exception("the export %s failed", export.pk)
        export.fail(at=timezone.now(), error="Something went wrong on our side; it has been logged.")
    return True


def violation_pages(found: QuerySet[Violation], *, ascending: bool) -> Iterator[list[Row]]:
    """These violations, as the API answers them."""
    page = absolute(reverse("admin:compliance_violation_change", args=["-key-"]))

    def shaped(rows: Sequence[Any]) -> list[Row]:
        return [violation_shape(row, url=page.replace("-key-", str(row["id"]))) for row in violations.settled(rows)]

    tenant = cast(Any, connection.tenant)
    return keyed_pages(violations.listed(found), ascending=ascending, tenant=tenant, shaped=shaped)


def _write(export: Export, found: QuerySet[Violation], ascending: bool) -> None:
    with TemporaryFile() as file:
        pages = violation_pages(found, ascending=ascending)
        write_file(export.kind, cast(Any, file), COLUMNS, _counted(export, pages))
        file.seek(0)
        export.file.save(f"{new_id()}.{export.kind}", File(file), save=False)
    kept = {"file": export.file.name, "rows": export.rows, "expected": export.rows}
    if not _held(export, **kept):
        export.file.storage.delete(str(export.file.name))
        raise ClaimLost(f"Export {export.pk} was cancelled.")
    export.finish(at=timezone.now())


def _counted(export: Export, pages: Iterator[list[Row]]) -> Iterator[list[Row]]:
    """The pages, noting how far it is; each note renews the claim."""
    export.rows = 0
    for page in pages:
        yield page
        export.rows += len(page)
        if not _held(export, rows=export.rows):
            raise ClaimLost(f"Export {export.pk} was cancelled.")


def _held(export: Export, **noted: Any) -> bool:
    mine = Export.objects.filter(pk=export.pk, status=Export.Status.PROCESSING, attempts=export.attempts)
    return bool(mine.update(claimed_until=timezone.now() + LEASE, **noted))
