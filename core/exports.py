"""Rows as files: CSV, JSON and Excel, page after page, so that a million rows take the memory of a thousand."""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import IO, Any
from uuid import UUID

import orjson
from openpyxl import Workbook  # type: ignore[import-untyped]

from core.errors import Invalid
from core.spreadsheets import cut, harmless

Row = dict[str, Any]
Pages = Iterable[Sequence[Row]]

PAGE_ROWS = 1_000
"""So many rows are read, shaped and written at once."""
XLSX_ROWS = 1_048_575
"""What a sheet holds below its header."""
MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def json_chunks(pages: Pages) -> Iterator[bytes]:
    """A list of objects, one a line."""
    between = b"[\n"
    for page in pages:
        for row in page:
            yield between + orjson.dumps(row, option=orjson.OPT_UTC_Z)
            between = b",\n"
    yield b"[]\n" if between == b"[\n" else b"\n]\n"


def csv_chunks(columns: Sequence[str], pages: Pages) -> Iterator[bytes]:
    """A header and the rows; what a spreadsheet would compute is quoted."""
    lines: list[str] = []
    # What is "written" is only collected: a page of lines leaves at once.
    writer = csv.writer(_Collector(lines.append))
    writer.writerow(columns)
    for page in pages:
        writer.writerows([harmless(_cell(row[name])) for name in columns] for row in page)
        yield "".join(lines).encode()
        lines.clear()
    if lines:
        yield "".join(lines).encode()


def write_xlsx(file: IO[bytes], columns: Sequence[str], pages: Pages) -> None:
    """One sheet, written row by row to a file of openpyxl's own and then into ``file``.

    Raises:
        Invalid: these are more rows than a sheet holds.
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Export")
    sheet.freeze_panes = "A2"
    sheet.append(list(columns))
    written = 0
    for page in pages:
        written += len(page)
        if written > XLSX_ROWS:
            raise Invalid("too_many_rows", f"A sheet holds {XLSX_ROWS:,} rows: take CSV, or filter.")
        for row in page:
            sheet.append([cut(harmless(_cell(row[name]))) for name in columns])
    book.save(file)


def write_file(kind: str, file: IO[bytes], columns: Sequence[str], pages: Pages) -> None:
    """The same into a file, in the format that its ending names."""
    if kind == "xlsx":
        write_xlsx(file, columns, pages)
        return
    for chunk in json_chunks(pages) if kind == "json" else csv_chunks(columns, pages):
        file.write(chunk)


class _Collector:
    def __init__(self, write: Callable[[str], object]) -> None:
        self.write = write


def _cell(value: Any) -> Any:
    """A value as a cell holds it: nothing for null, times in ISO 8601, structures as JSON."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, dict | list | tuple):
        return orjson.dumps(value, option=orjson.OPT_UTC_Z).decode()
    return str(value) if isinstance(value, UUID | bool) else value
