"""Charts: numbers in, geometry, words and files out."""

import pytest
from django.template.loader import render_to_string

from dashboard import charts
from dashboard.charts import Series

DAYS = ["1 Nov", "2 Nov", "3 Nov", "4 Nov"]


def heights(chart: charts.Chart) -> list[float]:
    """Of a chart's bars, from below."""
    return [bar.height for bar in chart.bars]


def test_a_line_rises_from_the_bottom_of_its_scale_to_the_top() -> None:
    chart = charts.line("Rate", DAYS[:3], [Series("all", [0, 50, 100])], top=100, unit="%")
    assert [dot.y for dot in chart.lines[0].dots] == [194, 103, 12]
    assert [tick.text for tick in chart.y_ticks] == ["0%", "25%", "50%", "75%", "100%"]


def test_a_day_without_a_value_is_a_gap_and_not_a_zero() -> None:
    [line] = charts.line("Rate", DAYS, [Series("all", [1, None, 3, 4])]).lines
    assert [path.count(",") for path in line.paths] == [1, 2]
    assert len(line.dots) == 3


def test_layers_of_bars_stand_on_each_other() -> None:
    chart = charts.stacked("New", DAYS[:1], [Series("block", [30], "red"), Series("warning", [10], "blue")])
    low, high = chart.bars
    assert (low.tone, high.tone) == ("red", "blue")
    assert low.y == pytest.approx(high.y + high.height)
    assert heights(chart) == pytest.approx([136.5, 45.5])


def test_a_histogram_gives_each_bar_its_own_tone() -> None:
    chart = charts.histogram("Scores", DAYS, Series("pulls", [1, 0, 2, 4]), tones=["red", "grey", "blue", "green"])
    assert [bar.tone for bar in chart.bars] == ["red", "blue", "green"]
    assert chart.legend == []


def test_the_most_of_a_heatmap_is_the_hottest_and_nothing_is_cold() -> None:
    chart = charts.heatmap("Rules", DAYS, [Series("R01", [0, 1, 50, 100]), Series("R02", [None, 0, 0, 20])])
    assert [cell.heat for cell in chart.cells] == [0, 1, 3, 5, 0, 0, 0, 1]
    assert chart.cells[3].text == "R01, 4 Nov: 100"


@pytest.mark.parametrize(
    ("highest", "top"), [(0, 1), (3, 3), (5, 6), (9, 10), (11, 12), (13, 16), (999, 1000), (1001, 1200)]
)
def test_a_scale_ends_at_a_number_that_people_read(highest: int, top: int) -> None:
    chart = charts.line("Open", DAYS[:2], [Series("all", [0, highest])])
    assert chart.y_ticks[-1].text == f"{top:,}"


def test_a_screen_reader_is_told_what_the_picture_shows() -> None:
    chart = charts.line("Rate", DAYS, [Series("all", [70, None, 92.5, 91])], unit="%")
    assert chart.description == "all, 1 Nov to 4 Nov: lowest 70%, highest 92.5%, last 91%."


def test_a_year_is_labelled_no_denser_than_can_be_read() -> None:
    labels = [f"2026-{day:03d}" for day in range(365)]
    ticks = charts.line("Rate", labels, [Series("all", [1] * 365)]).x_ticks
    assert 5 <= len(ticks) <= 10


@pytest.mark.parametrize(
    ("highest", "ticks"), [(3, "0 1 2 3"), (6, "0 2 4 6"), (10, "0 2 4 6 8 10"), (12, "0 3 6 9 12")]
)
def test_what_is_counted_is_counted_in_whole_numbers(highest: int, ticks: str) -> None:
    chart = charts.stacked("Pulls", DAYS[:1], [Series("all", [highest])])
    assert " ".join(tick.text for tick in chart.y_ticks) == ticks


@pytest.mark.parametrize("make", [charts.line, charts.stacked])
def test_nothing_at_all_is_a_chart_that_says_so(make: object) -> None:
    chart = make("Rate", [], [Series("all", [])])  # type: ignore[operator]
    assert chart.empty
    assert "Nothing to show yet." in render_to_string("console/charts/figure.html", {"chart": chart})


def test_a_download_holds_the_numbers_and_no_formula() -> None:
    chart = charts.line("Rate", ["1 Nov", "2 Nov"], [Series("=1+1", [1.5, None])])
    assert charts.as_csv(chart).splitlines() == [",'=1+1", "1 Nov,1.5", "2 Nov,"]


def test_a_picture_stands_beside_its_table() -> None:
    chart = charts.stacked("New", DAYS, [Series("block", [1, 2, 3, 4], "red"), Series("<b>", [0, 0, 0, 9])])
    drawn = render_to_string("console/charts/figure.html", {"chart": chart})
    assert drawn.count("<rect") == 5 + 2
    assert "<title>4 Nov, &lt;b&gt;: 9</title>" in drawn
    assert drawn.count('<th scope="row">') == 4
