"""Figures: what was measured, its floor in the same run, and the goal it is held to."""

from collections.abc import Callable, Sequence
from statistics import median, quantiles
from time import perf_counter
from typing import NamedTuple


class Figure(NamedTuple):
    """One line of the table."""

    name: str
    measured: str
    floor: str = ""
    ratio: float | None = None
    """Floor to measured; 1 would be as fast as the floor."""
    goal: str = ""
    holds: bool | None = None
    """None where nothing is demanded."""


def seconds(work: Callable[[], object]) -> float:
    """How long ``work`` takes."""
    began = perf_counter()
    work()
    return perf_counter() - began


def p95(values: Sequence[float]) -> float:
    """The 95th percentile."""
    return quantiles(values, n=20)[-1] if len(values) > 1 else values[0]


def ms(value: float) -> str:
    """Seconds, as milliseconds."""
    return f"{value * 1000:.1f} ms"


def beside_floor(name: str, measured: Sequence[float], floor: Sequence[float], *, goal: float | None = None) -> Figure:
    """Medians of two series that were measured in turn, and their ratio; ``goal`` is the least ratio."""
    ratio = median(floor) / median(measured)
    return Figure(
        name,
        f"{ms(median(measured))} ({ms(min(measured))}–{ms(max(measured))})",
        ms(median(floor)),
        ratio,
        f"ratio ≥ {goal}" if goal else "",
        ratio >= goal if goal else None,
    )


def table(figures: Sequence[Figure]) -> str:
    """The figures as aligned text."""
    header = ("figure", "measured", "floor", "ratio", "goal", "")
    rows = [header] + [
        (
            figure.name,
            figure.measured,
            figure.floor,
            f"{figure.ratio:.2f}" if figure.ratio is not None else "",
            figure.goal,
            {None: "", True: "holds", False: "FALLS SHORT"}[figure.holds],
        )
        for figure in figures
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(header))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])
