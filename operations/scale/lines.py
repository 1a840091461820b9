"""Lines of COPY: one buffer a table, written and emptied together."""

from collections import defaultdict
from typing import Any

from tenants.current import connection

_NULL = "\\N"


class Lines:
    """Lines that wait to be written. Columns that are left out take the model's default."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[Any, tuple[str, ...]], list[str]] = defaultdict(list)

    def add(self, model: Any, **values: Any) -> None:
        """One row."""
        self._waiting[model, tuple(values)].append("\t".join(map(_text, values.values())))

    def write(self) -> None:
        """COPY what waits. Foreign keys are checked when the transaction ends, so tables go in any order."""
        for (model, columns), lines in self._waiting.items():
            rest = _defaults(model, columns)
            table, names = model._meta.db_table, ", ".join((*columns, *rest))
            tail = "".join(f"\t{value}" for value in rest.values())
            with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for start in range(0, len(lines), 1_000):
                    copy.write("".join(f"{line}{tail}\n" for line in lines[start : start + 1_000]))
        self._waiting.clear()


def _defaults(model: Any, given: tuple[str, ...]) -> dict[str, str]:
    """What a new instance would hold in the columns that are not given."""
    blank = model()
    rest = (field for field in model._meta.concrete_fields if field.column not in given and not field.has_db_default())
    return {
        field.column: _text(field.get_db_prep_save(getattr(blank, field.attname), connection))
        for field in rest
        if field.column != "id" or "id" in given
    }


def _text(value: Any) -> str:
    if value is None:
        return _NULL
    if isinstance(value, bytes):
        return rf"\\x{value.hex()}"
    if isinstance(value, list):
        return "{" + ",".join(value) + "}"
    if value.__class__.__name__ == "Jsonb":
        return "{}"
    return str(value)
