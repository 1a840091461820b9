"""Text for spreadsheets, which take some of it for formulas."""

import re
from typing import Any

CELL_CHARS = 32_767
"""What a cell of Excel holds."""

# A spreadsheet computes a cell that begins so; blanks before it do not stop it, nor do its wide forms.
_FORMULA = re.compile(r"\s*[=+\-@\t\r\n＝＋－＠]")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def harmless(cell: Any) -> Any:
    """A cell that a spreadsheet shows and does not compute: text that looks like a formula gets an apostrophe."""
    if not isinstance(cell, str):
        return cell
    text = _UNPRINTABLE.sub("\ufffd", cell)
    return f"'{text}" if _FORMULA.match(text) else text


def cut(cell: Any) -> Any:
    """A cell that Excel opens: longer text is cut, and says so at its end."""
    if not isinstance(cell, str) or len(cell) <= CELL_CHARS:
        return cell
    return f"{cell[: CELL_CHARS - 2]} …"
