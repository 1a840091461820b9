"""What makes two findings the same, and what does not."""

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from compliance.fingerprint import Fingerprints, fingerprint, without_positions

FIELDS: dict[str, Any] = {
    "source": "opa",
    "package": "security",
    "rule": "R01",
    "message": "no filter in src/a.ts:12",
    "file": "src/a.ts",
    "occurrence": 0,
}
numbers = st.integers(0, 10**6)


def of(**fields: Any) -> str:
    return fingerprint(**{**FIELDS, **fields})


def test_the_recipe_is_as_it_was() -> None:
    # Stored violations carry it: a change of the recipe closes and reopens every one of them.
    assert of() == "d0bbae95ec1ed0c1b88449bc04b1d19b"


@pytest.mark.parametrize(("field", "other"), [(name, "other") for name in FIELDS if name != "occurrence"])
def test_every_field_counts(field: str, other: str) -> None:
    assert of(**{field: other}) != of()


def test_an_occurrence_counts() -> None:
    assert of(occurrence=1) != of()


@pytest.mark.parametrize(
    "shape",
    [
        "in src/a.ts:{} x",
        "in src/a.ts:{}:{}.",
        "in bin/run:{}",
        "Dockerfile:{}: no USER",
        "'a.py:{}'",
        "on line {} of a.ts",
        "Line {}, column {}",
        "lines {}-{}",
        "lines {} to {}",
        "lines {}, {} and {}",
        "line: {}",
        "line={} col={}",
        "cols {}–{}",
        "see L{}",
        "a.ts#L{}-L{}",
        "at {}:{} in a.ts",
    ],
)
@given(data=st.data())
def test_a_finding_that_only_moves_stays_the_same(shape: str, data: st.DataObject) -> None:
    count = shape.count("{}")
    here, there = (shape.format(*data.draw(st.tuples(*[numbers] * count))) for _ in range(2))

    assert of(message=here) == of(message=there)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("coverage fell to 60 %", "coverage fell to 61 %"),
        ("found 3 lines too many", "found 4 lines too many"),
        ("port localhost:8080", "port localhost:8081"),
        ("since 12:30", "since 12:31"),
        ("http://api.host.io:80/x", "http://api.host.io:81/x"),
        ("10.0.0.1:80", "10.0.0.1:81"),
        ("[Quality/R16]: x", "[Quality/R17]: x"),
        ("HTML5", "HTML6"),
        ("pipeline 5", "pipeline 6"),
        ("in src/a1.ts:3", "in src/a2.ts:3"),
        ("status 400", "status 422"),
        ("retries: 3", "retries: 4"),
        ("line 3a", "line 4a"),
        ("tagged a.ts:v3", "tagged a.ts:v4"),
    ],
)
def test_numbers_that_are_no_positions_count(one: str, other: str) -> None:
    assert of(message=one) != of(message=other)


@given(*[st.text(max_size=6) for _ in range(5)], st.integers(0, 6))
def test_text_that_moves_from_one_field_to_the_next_counts(a: str, b: str, c: str, d: str, e: str, cut: int) -> None:
    assume(a[cut:])

    before = fingerprint(source=a, package=b, rule=c, message=d, file=e, occurrence=0)

    assert before != fingerprint(source=a[:cut], package=a[cut:] + b, rule=c, message=d, file=e, occurrence=0)
    assert before != fingerprint(source=a[:cut], package=b, rule=c, message=d, file=e + a[cut:], occurrence=0)


@given(
    st.tuples(*[st.sampled_from(["", "1", ":", "1:", "a1:"])] * 5),
    st.tuples(*[st.sampled_from(["", "1", ":", "1:", "a1:"])] * 5),
)
def test_different_fields_never_read_alike(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    names = ("source", "package", "rule", "message", "file")

    prints = [fingerprint(**dict(zip(names, fields, strict=True)), occurrence=0) for fields in (one, other)]

    assert (prints[0] == prints[1]) == (one == other)


def test_alike_findings_are_counted_and_others_are_not() -> None:
    fingerprints = Fingerprints("opa")
    fields = {name: FIELDS[name] for name in ("package", "rule", "message", "file")}

    taken = [fingerprints.take(**fields), fingerprints.take(**{**fields, "file": "b.ts"}), fingerprints.take(**fields)]

    assert taken == [of(), of(file="b.ts"), of(occurrence=1)]


def test_findings_that_differ_in_position_alone_are_counted_as_alike() -> None:
    fingerprints = Fingerprints("opa")

    taken = [fingerprints.take("security", "R01", f"in src/a.ts:{line}", "") for line in (3, 9)]

    assert taken == [of(message="in src/a.ts:1", file="", occurrence=n) for n in (0, 1)]


@given(st.text())
def test_masking_twice_is_masking_once(message: str) -> None:
    once = without_positions(message)

    assert without_positions(once) == once
