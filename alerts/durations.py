"""Lengths of time as people write them: 30s, 15m, 4h, 1d. Pure."""

import re
from datetime import timedelta

LONGEST = timedelta(days=366)
_UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_WRITTEN = re.compile(r"(\d{1,8})([dhms])", re.ASCII)


def read_duration(text: str) -> timedelta:
    """The length.

    Raises:
        ValueError: it is written in another way, or longer than ``LONGEST``.
    """
    match = _WRITTEN.fullmatch(text.strip())
    if match is None:
        raise ValueError("Expected a whole number and a unit: 30s, 15m, 4h, 1d.")
    seconds = int(match[1]) * _UNITS[match[2]]
    if seconds > LONGEST.total_seconds():
        raise ValueError(f"At most {LONGEST.days}d.")
    return timedelta(seconds=seconds)


def write_duration(length: timedelta) -> str:
    """The same in the largest unit that leaves no rest; 90 minutes are 90m, nothing is 0s."""
    seconds = int(length.total_seconds())
    unit = next(unit for unit, size in _UNITS.items() if (seconds % size == 0 and seconds >= size) or unit == "s")
    return f"{seconds // _UNITS[unit]}{unit}"
