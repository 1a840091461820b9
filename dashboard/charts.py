"""Geometry of charts: numbers in, points of an SVG out. Templates draw them (templates/console/charts/).

Every chart carries the table that it is drawn from, for who reads no pictures, and for the download. Colours are names
(``tone``) that the style sheet knows in light, in dark and on paper; lines of one chart differ in their dashes too.
"""

import csv
import io
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any, NamedTuple

from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.spreadsheets import harmless

WIDTH, HEIGHT = 640, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 12, 12, 26
_LETTER, _BETWEEN = 6.2, 10
_HEATS = 5


class Series(NamedTuple):
    """One line, or one layer of bars."""

    name: str
    values: Sequence[float | None]
    """One for each label; None where nothing is known, which is not 0."""
    tone: str = "blue"
    """red, orange, yellow, green, blue, grey or violet."""


class Tick(NamedTuple):
    """A label on an axis."""

    at: float
    text: str


class Table(NamedTuple):
    """What a chart shows, in numbers."""

    columns: list[str]
    rows: list[list[Any]]


class Dot(NamedTuple):
    """A value on a line."""

    x: float
    y: float
    text: str


class Line(NamedTuple):
    """A series as paths: one for each stretch without a gap."""

    name: str
    tone: str
    dash: int
    paths: list[str]
    dots: list[Dot]


class Bar(NamedTuple):
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float
    tone: str
    text: str


class Cell(NamedTuple):
    """A field of a heatmap; ``heat`` from 0 (none) to 5 (most)."""

    x: float
    y: float
    heat: int
    value: str
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """What the templates draw. ``kind`` names the template."""

    kind: str
    title: str
    description: str
    table: Table
    width: float = WIDTH
    height: float = HEIGHT
    left: float = _LEFT
    bottom: float = HEIGHT - _BOTTOM
    y_ticks: list[Tick] = field(default_factory=list)
    x_ticks: list[Tick] = field(default_factory=list)
    legend: list[Series] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)
    cell_width: float = 0
    cell_height: float = 0

    @property
    def cell_middle(self) -> tuple[float, float]:
        """Where a cell's number stands in it."""
        return round(self.cell_width / 2, 1), round(self.cell_height / 2, 1)

    @property
    def table_body(self) -> SafeString:
        """The table's rows. Thousands of cells take a template longer than everything else on a page."""
        return SafeString("".join(f'<tr><th scope="row">{_cells(row)}</td></tr>' for row in self.table.rows))

    @property
    def fields(self) -> SafeString:
        """A heatmap's fields, for the same reason."""
        x, y = self.cell_middle
        inside = (
            f'<rect width="{self.cell_width}" height="{self.cell_height}" rx="3"></rect>'
            f'<text x="{x}" y="{y}" text-anchor="middle" dominant-baseline="central">'
        )
        return SafeString(
            "".join(
                f'<g class="chart-cell heat-{cell.heat}" transform="translate({cell.x} {cell.y})">'
                f"<title>{escape(cell.text)}</title>{inside}{escape(cell.value)}</text></g>"
                for cell in self.cells
            )
        )

    @property
    def right(self) -> float:
        """Where the plot ends."""
        return self.width - _RIGHT

    @property
    def empty(self) -> bool:
        """There is nothing to draw."""
        return not (any(line.dots for line in self.lines) or self.bars or self.cells)


def line(
    title: str, labels: Sequence[str], series: Sequence[Series], *, top: float | None = None, unit: str = ""
) -> Chart:
    """Lines over time.

    Args:
        top: where the scale ends (100 for percentages); the next round number above the values where it is not given.
        unit: behind every value, such as ``%`` or `` h``.
    """
    scale = _Scale.over((value for one in series for value in one.values), top=top)
    return Chart(
        kind="line",
        title=title,
        description=_described(labels, series, unit),
        table=_table(labels, series),
        y_ticks=scale.ticks(unit),
        x_ticks=_labelled(labels, _points(len(labels))),
        legend=list(series),
        lines=[_line(number, one, labels, scale, unit) for number, one in enumerate(series)],
    )


def stacked(title: str, labels: Sequence[str], series: Sequence[Series], *, unit: str = "") -> Chart:
    """Bars in layers, the first series at the bottom."""
    columns = list(zip(*(one.values for one in series), strict=True))
    scale = _Scale.over(sum(value or 0 for value in column) for column in columns)
    return Chart(
        kind="bars",
        title=title,
        description=_described(labels, series, unit),
        table=_table(labels, series),
        y_ticks=scale.ticks(unit),
        x_ticks=_labelled(labels, _slots(len(labels))),
        legend=list(series) if len(series) > 1 else [],
        bars=[bar for x, column in enumerate(columns) for bar in _layers(x, column, labels, series, scale, unit)],
    )


def histogram(title: str, labels: Sequence[str], series: Series, *, tones: Sequence[str]) -> Chart:
    """One bar for each label, each of a tone of its own."""
    chart = stacked(title, labels, [series])
    drawn = [tone for tone, value in zip(tones, series.values, strict=True) if value]
    bars = [bar._replace(tone=tone) for bar, tone in zip(chart.bars, drawn, strict=True)]
    # Words, not a scale: none of them can be guessed from its neighbours.
    ticks = [Tick(place, label) for place, label in zip(_slots(len(labels)), labels, strict=True)]
    return replace(chart, bars=bars, x_ticks=ticks)


def sparkline(title: str, labels: Sequence[str], series: Series, *, top: float | None = None) -> Chart:
    """A line without axes, as small as a word."""
    width, height, inset = 120.0, 28.0, 3.0
    scale = _Scale.over(series.values, top=top, bottom=height - inset, ceiling=inset)
    xs = _points(len(labels), left=inset, right=width - inset)
    return Chart(
        kind="sparkline",
        title=title,
        description=_described(labels, [series], ""),
        table=_table(labels, [series]),
        width=width,
        height=height,
        lines=[_line(0, series, labels, scale, "", xs)],
    )


def heatmap(title: str, columns: Sequence[str], rows: Sequence[Series]) -> Chart:
    """A field for each row's value in each column, the darker the more."""
    known = [value for row in rows for value in row.values if value]
    most, left = max(known, default=0), 64.0
    width, height = max(14.0, (WIDTH * 1.5 - left) / max(1, len(columns))), 20.0
    cells = [
        _cell(row, columns[x], left + x * width, y * height, value, most)
        for y, row in enumerate(rows)
        for x, value in enumerate(row.values)
    ]
    return Chart(
        kind="heatmap",
        title=title,
        description=_("{rows} rows, {columns} columns; the most is {most}.").format(
            rows=len(rows), columns=len(columns), most=_number(most)
        ),
        table=Table(["", *columns], [[row.name, *(_plain(value) for value in row.values)] for row in rows]),
        width=left + len(columns) * width + 4,
        height=len(rows) * height + _BOTTOM,
        left=left,
        bottom=len(rows) * height,
        y_ticks=[Tick(y * height + height / 2, row.name) for y, row in enumerate(rows)],
        x_ticks=_labelled(columns, [left + (x + 0.5) * width for x in range(len(columns))]),
        cells=cells,
        cell_width=round(width, 1),
        cell_height=height,
    )


def as_csv(chart: Chart) -> str:
    """The chart's table as a file that spreadsheets open, and compute nothing of."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([harmless(cell) for cell in chart.table.columns])
    writer.writerows([harmless(cell) for cell in row] for row in chart.table.rows)
    return out.getvalue()


def _cells(row: Sequence[Any]) -> str:
    head, *rest = (escape(cell) for cell in row)
    return f"{head}</th>" + "</td>".join(f'<td class="console-number">{cell}' for cell in rest)


class _Scale(NamedTuple):
    """From values to heights."""

    top: float
    bottom: float
    ceiling: float

    @classmethod
    def over(
        cls,
        values: Iterable[float | None],
        *,
        top: float | None = None,
        bottom: float = HEIGHT - _BOTTOM,
        ceiling: float = _TOP,
    ) -> "_Scale":
        highest = max((value for value in values if value is not None), default=0)
        return cls(top or _round_up(highest), bottom, ceiling)

    def y(self, value: float) -> float:
        share = min(max(value / self.top, 0), 1)
        return round(self.bottom - share * (self.bottom - self.ceiling), 1)

    def ticks(self, unit: str) -> list[Tick]:
        # Whole numbers where there are some: nobody has two and a half pull requests.
        steps = next((n for n in (4, 5, 3, 2) if self.top % n == 0), 1)
        return [Tick(self.y(self.top * n / steps), _number(self.top * n / steps) + unit) for n in range(steps + 1)]


def _round_up(highest: float) -> float:
    """The next number above that people would label an axis with."""
    if highest <= 4:
        return max(1, math.ceil(highest))
    size: float = 10 ** math.floor(math.log10(highest))
    return next(step * size for step in (1, 1.2, 1.6, 2, 3, 4, 6, 8, 10) if step * size >= highest)


def _points(count: int, *, left: float = _LEFT, right: float = WIDTH - _RIGHT) -> list[float]:
    """So many places from one edge to the other; a single one stands in the middle."""
    if count == 1:
        return [(left + right) / 2]
    return [round(left + (right - left) * n / (count - 1), 1) for n in range(count)]


def _slots(count: int) -> list[float]:
    """The middles of so many equal parts."""
    width = (WIDTH - _LEFT - _RIGHT) / max(1, count)
    return [round(_LEFT + (n + 0.5) * width, 1) for n in range(count)]


def _labelled(labels: Sequence[str], places: Sequence[float]) -> list[Tick]:
    """Some of the labels: as many as can be read beside each other."""
    widest = max(map(len, labels), default=0) * _LETTER + _BETWEEN
    width = places[-1] - places[0] if places else 0
    step = max(1, math.ceil(len(labels) * widest / max(width, 1)))
    return [Tick(place, label) for label, place in list(zip(labels, places, strict=True))[::step]]


def _line(
    number: int, series: Series, labels: Sequence[str], scale: _Scale, unit: str, xs: Sequence[float] = ()
) -> Line:
    places = xs or _points(len(labels))
    dots = [
        None if value is None else Dot(x, scale.y(value), f"{label}: {_number(value)}{unit}")
        for x, label, value in zip(places, labels, series.values, strict=True)
    ]
    stretches = [list(found) for there, found in groupby(dots, key=lambda dot: dot is not None) if there]
    paths = [" ".join(f"{dot.x},{dot.y}" for dot in stretch if dot) for stretch in stretches]
    return Line(series.name, series.tone, number % 4, paths, [dot for dot in dots if dot])


def _layers(
    x: int, column: Sequence[float | None], labels: Sequence[str], series: Sequence[Series], scale: _Scale, unit: str
) -> Iterator[Bar]:
    slot = (WIDTH - _LEFT - _RIGHT) / len(labels)
    width, below = round(min(slot * 0.72, 48), 1), 0.0
    left = round(_slots(len(labels))[x] - width / 2, 1)
    for one, value in zip(series, column, strict=True):
        if not value:
            continue
        foot, head = scale.y(below), scale.y(below + value)
        text = f"{labels[x]}, {one.name}: {_number(value)}{unit}"
        yield Bar(left, head, width, round(max(foot - head, 1), 1), one.tone, text)
        below += value


def _cell(row: Series, column: str, x: float, y: float, value: float | None, most: float) -> Cell:
    heat = 0 if not value else max(1, math.ceil(_HEATS * value / most))
    shown = "" if value is None else _number(value)
    return Cell(round(x, 1), y, heat, shown if value else "", f"{row.name}, {column}: {shown or '—'}")


def _table(labels: Sequence[str], series: Sequence[Series]) -> Table:
    columns = zip(labels, *(one.values for one in series), strict=True)
    rows = [[label, *(_plain(value) for value in values)] for label, *values in columns]
    return Table(["", *(one.name for one in series)], rows)


def _plain(value: float | None) -> Any:
    """A number as files and tables hold it."""
    if value is None:
        return ""
    return int(value) if value == int(value) else round(value, 2)


def _number(value: float) -> str:
    """The same for reading."""
    return f"{int(value):,}" if value == int(value) else f"{value:,.1f}"


def _described(labels: Sequence[str], series: Sequence[Series], unit: str) -> str:
    """What a screen reader says of the picture; the table beside it says the rest."""
    if not labels:
        return _("Nothing to show yet.")
    return " ".join(_summed_up(labels, one, unit) for one in series)


def _summed_up(labels: Sequence[str], series: Series, unit: str) -> str:
    known = [value for value in series.values if value is not None]
    if not known:
        return _("{name}: no values.").format(name=series.name)
    return _("{name}, {first} to {last}: lowest {low}, highest {high}, last {now}.").format(
        name=series.name,
        first=labels[0],
        last=labels[-1],
        low=_number(min(known)) + unit,
        high=_number(max(known)) + unit,
        now=_number(known[-1]) + unit,
    )
