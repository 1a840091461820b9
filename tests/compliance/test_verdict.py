"""The verdict: every row of its table, its boundaries, and what no standing may bring about."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from compliance.choices import Verdict
from compliance.score import Counts, Weights
from compliance.verdict import Judgement, Reason, Standing, Terms, judge

TONIGHT = datetime(2026, 11, 23, 22, tzinfo=UTC)
CLEAN = Counts()
KEPT = {"override_waives_threshold": False}
PARTIAL = {"require_complete": False}

BEST_FIRST = ["PASS", "OVERRIDE_APPROVED", "BELOW_THRESHOLD", "INCOMPLETE", "BLOCKED", "PENDING"]
DECIDED_BY = {
    "PENDING": "not_judged",
    "BLOCKED": "block_violation",
    "INCOMPLETE": "not_evaluated",
    "BELOW_THRESHOLD": "below_threshold",
    "OVERRIDE_APPROVED": "override_approved",
}


def standing(counts: Counts = CLEAN, still_open: Counts | None = None, *missing: str, judged: bool = True) -> Standing:
    """``still_open``: what is not covered, everything if left out. Covers expire tonight."""
    return Standing(judged, counts, counts if still_open is None else still_open, missing, TONIGHT)


def distrusted(counts: Counts = CLEAN, *missing: str, judged: bool = True) -> Standing:
    """Reports of policy b2 alone, which the repository does not trust."""
    return replace(standing(counts, None, *missing, judged=judged), trusted=False, unknown_policies=["b2"])


TABLE = [
    # standing, terms, verdict, codes, rests on cover
    (standing(judged=False), {}, "PENDING", ["not_judged"], False),
    (standing(CLEAN, None, "R01", judged=False), {}, "PENDING", ["not_judged"], False),
    (standing(Counts(4), judged=False), {}, "PENDING", ["not_judged", "block_violation", "below_threshold"], False),
    (standing(Counts(1)), {}, "BLOCKED", ["block_violation"], False),
    (standing(Counts(2), Counts(1)), {}, "BLOCKED", ["block_violation"], False),
    (standing(Counts(4), Counts(1)), {}, "BLOCKED", ["block_violation"], False),
    (standing(Counts(4)), {}, "BLOCKED", ["block_violation", "below_threshold"], False),
    (standing(Counts(1), None, "R02"), {}, "BLOCKED", ["block_violation", "not_evaluated"], False),
    (standing(Counts(1), None, "R02"), PARTIAL, "BLOCKED", ["block_violation"], False),
    (standing(CLEAN, None, "R02"), {}, "INCOMPLETE", ["not_evaluated"], False),
    (standing(CLEAN, None, "R02"), PARTIAL, "PASS", [], False),
    (standing(Counts(0, 11), None, "R02"), {}, "INCOMPLETE", ["not_evaluated", "below_threshold"], False),
    (standing(Counts(1), CLEAN, "R02"), {}, "INCOMPLETE", ["not_evaluated", "override_approved"], True),
    (standing(Counts(1), CLEAN), {}, "OVERRIDE_APPROVED", ["override_approved"], True),
    (standing(Counts(1), CLEAN), KEPT, "OVERRIDE_APPROVED", ["override_approved"], True),
    (standing(Counts(1, 7), Counts(0, 7)), {}, "OVERRIDE_APPROVED", ["override_approved"] * 2, True),
    (standing(Counts(1, 7), Counts(0, 7)), KEPT, "OVERRIDE_APPROVED", ["override_approved"] * 2, True),
    (standing(Counts(1, 11), Counts(0, 11)), {}, "OVERRIDE_APPROVED", ["override_approved", "threshold_waived"], True),
    (standing(Counts(1, 11), Counts(0, 11)), KEPT, "BELOW_THRESHOLD", ["below_threshold", "override_approved"], True),
    (standing(Counts(0, 11), Counts(0, 10)), {}, "OVERRIDE_APPROVED", ["override_approved"], True),
    (standing(Counts(0, 11), Counts(0, 10)), KEPT, "OVERRIDE_APPROVED", ["override_approved"], True),
    (standing(Counts(0, 11)), {}, "BELOW_THRESHOLD", ["below_threshold"], False),
    (standing(Counts(0, 12), Counts(0, 11)), {}, "BELOW_THRESHOLD", ["below_threshold"], False),
    (standing(Counts(0, 10)), {}, "PASS", [], False),
    (standing(Counts(0, 10), CLEAN), {}, "PASS", [], False),
    (standing(Counts(0, 0, 31)), {}, "BELOW_THRESHOLD", ["below_threshold"], False),
    (distrusted(), {}, "INCOMPLETE", ["policy_unknown"], False),
    (distrusted(), PARTIAL, "INCOMPLETE", ["policy_unknown"], False),
    (distrusted(CLEAN, "R01"), {}, "INCOMPLETE", ["not_evaluated", "policy_unknown"], False),
    (distrusted(CLEAN, "R01"), PARTIAL, "INCOMPLETE", ["policy_unknown"], False),
    (distrusted(Counts(1)), {}, "BLOCKED", ["block_violation", "policy_unknown"], False),
    (distrusted(Counts(0, 11)), {}, "INCOMPLETE", ["policy_unknown", "below_threshold"], False),
    (distrusted(judged=False), {}, "PENDING", ["not_judged"], False),
    (replace(standing(), unknown_policies=["b2"]), {}, "PASS", [], False),
    (
        replace(standing(CLEAN, None, "R01"), unknown_policies=["b2"]),
        {},
        "INCOMPLETE",
        ["not_evaluated", "policy_unknown"],
        False,
    ),
    (standing(), {}, "PASS", [], False),
    (standing(), {"threshold": 100}, "PASS", [], False),
    (standing(Counts(0, 0, 1)), {"threshold": 100}, "BELOW_THRESHOLD", ["below_threshold"], False),
    (standing(Counts(0, 99)), {"threshold": 0}, "PASS", [], False),
    (standing(Counts(0, 10)), {"weights": Weights(override=4)}, "BELOW_THRESHOLD", ["below_threshold"], False),
]


@pytest.mark.parametrize(("known", "terms", "verdict", "codes", "rests_on_cover"), TABLE)
def test_the_first_row_that_matches_decides_and_every_reason_speaks(
    known: Standing, terms: dict[str, Any], verdict: str, codes: list[str], rests_on_cover: bool
) -> None:
    judgement = judge(known, Terms(**terms))
    assert (judgement.verdict, [reason.code for reason in judgement.reasons]) == (verdict, codes)
    assert judgement.until == (TONIGHT if rests_on_cover else None)


def test_both_scores_are_shown() -> None:
    judgement = judge(standing(Counts(2, 3), Counts(0, 3)), Terms())
    assert (judgement.score, judgement.open_score) == (71, 91)


def reasons_of(known: Standing, **terms: Any) -> list[Reason]:
    return judge(known, Terms(**terms)).reasons


@pytest.mark.parametrize(
    ("count", "message", "remedy"),
    [
        (1, "1 BLOCK violation is live without an approved override.", "it"),
        (2, "2 BLOCK violations are live without an approved override.", "them"),
    ],
)
def test_a_blocked_reader_learns_how_many_and_what_to_do(count: int, message: str, remedy: str) -> None:
    way_out = f"Fix {remedy}, or have an override approved for {remedy}."
    assert reasons_of(standing(Counts(count))) == [Reason("block_violation", message, way_out)]


def test_rules_that_nothing_evaluated_are_named() -> None:
    (reason,) = reasons_of(standing(CLEAN, None, "R01"))
    assert reason.message == "1 blocking rule was evaluated by no source for the head commit: R01."
    assert reason.rules == ["R01"]


def test_of_many_rules_that_nothing_evaluated_the_sentence_names_five() -> None:
    missing = [f"R{number:02}" for number in range(1, 8)]
    (reason,) = reasons_of(standing(CLEAN, None, *missing))
    assert reason.message.startswith("7 blocking rules were evaluated by no source")
    assert reason.message.endswith(": R01, R02, R03, R04, R05 and 2 more.")
    assert reason.rules == missing


def test_exactly_five_rules_are_named_without_a_rest() -> None:
    (reason,) = reasons_of(standing(CLEAN, None, "R01", "R02", "R03", "R04", "R05"))
    assert reason.message.endswith(": R01, R02, R03, R04, R05.")


@pytest.mark.parametrize(
    ("known", "message", "points"),
    [
        (standing(Counts(0, 12)), "The score of 64 is", "6 points"),
        (standing(Counts(0, 0, 31)), "The score of 69 is", "1 point"),
        (standing(Counts(0, 40)), "The score of 0 is", "90 points"),
        (standing(Counts(0, 12), Counts(0, 11)), "The score of 64 (67 without covered violations) is", "3 points"),
    ],
)
def test_who_is_below_the_threshold_learns_by_how_much(known: Standing, message: str, points: str) -> None:
    (reason,) = reasons_of(known)
    assert reason.message == f"{message} under the threshold of 70."
    assert reason.remedy.startswith(f"Fix violations worth {points}, or have overrides approved for them")


@pytest.mark.parametrize(("count", "subject"), [(1, "The one BLOCK violation is"), (2, "All 2 BLOCK violations are")])
def test_an_approval_says_what_it_excuses(count: int, subject: str) -> None:
    assert reasons_of(standing(Counts(count), CLEAN)) == [
        Reason("override_approved", f"{subject} covered by approved overrides.")
    ]


def test_an_approval_that_lifts_the_score_names_both_scores() -> None:
    (reason,) = reasons_of(standing(Counts(0, 12), Counts(0, 2)))
    assert "64 is under the threshold of 70" in reason.message
    assert reason.message.endswith("it is 94.")


def test_a_waived_threshold_names_the_score_that_it_forgives() -> None:
    _, waived = reasons_of(standing(Counts(1, 12), Counts(0, 12)))
    assert waived.message.startswith("The score of 54 is under the threshold of 70, which is waived")


SMALL = st.integers(0, 12)
COUNTS = st.builds(Counts, SMALL, SMALL, SMALL)
TERMS = st.builds(
    Terms,
    weights=st.builds(Weights, SMALL, SMALL, SMALL),
    threshold=st.integers(0, 100),
    require_complete=st.booleans(),
    override_waives_threshold=st.booleans(),
)


@st.composite
def standings(draw: st.DrawFn) -> Standing:
    """Any standing that can be: what is covered and what is open make up the whole."""
    still_open, under_cover = draw(COUNTS), draw(st.just(CLEAN) | COUNTS)
    missing = draw(st.sampled_from([(), (), ("R01",), ("R01", "R02")]))
    return Standing(draw(st.sampled_from([True, True, False])), still_open + under_cover, still_open, missing, TONIGHT)


def worse(one: Judgement, other: Judgement) -> bool:
    return BEST_FIRST.index(one.verdict) > BEST_FIRST.index(other.verdict)


@given(known=standings(), terms=TERMS)
def test_an_uncovered_block_never_merges(known: Standing, terms: Terms) -> None:
    one = Counts(block=1)
    blocked = replace(known, counts=known.counts + one, open_counts=known.open_counts + one)
    assert not judge(blocked, terms).verdict.can_merge


@given(known=standings(), more=COUNTS, terms=TERMS)
def test_more_open_violations_never_help(known: Standing, more: Counts, terms: Terms) -> None:
    fuller = replace(known, counts=known.counts + more, open_counts=known.open_counts + more)
    assert not worse(judge(known, terms), judge(fuller, terms))


@given(known=standings(), more=COUNTS, terms=TERMS)
def test_covering_more_never_hurts(known: Standing, more: Counts, terms: Terms) -> None:
    before = replace(known, counts=known.counts + more, open_counts=known.open_counts + more)
    after = replace(known, counts=known.counts + more)
    assert not worse(judge(after, terms), judge(before, terms))


@given(known=standings(), terms=TERMS)
def test_a_missing_rule_never_merges_where_completeness_is_required(known: Standing, terms: Terms) -> None:
    strict = replace(terms, require_complete=True)
    assert not judge(replace(known, unevaluated=["R09"]), strict).verdict.can_merge


@given(known=standings(), terms=TERMS)
def test_policies_that_are_not_trusted_never_merge(known: Standing, terms: Terms) -> None:
    assert not judge(replace(known, trusted=False), terms).verdict.can_merge


@pytest.mark.parametrize(
    ("revisions", "named"),
    [
        (["b2"], "policies that the repository does not trust: b2."),
        (["", "b2", "c3"], "policies that the repository does not trust: b2, c3."),
        ([""], "policies of no named revision."),
        ([], "policies of no named revision."),
    ],
)
def test_policies_that_are_not_trusted_are_named(revisions: list[str], named: str) -> None:
    (reason,) = reasons_of(replace(distrusted(), unknown_policies=revisions))
    assert reason.message == f"The head commit was evaluated with {named}"


@given(known=standings(), terms=TERMS)
def test_exactly_what_needs_no_excuse_passes(known: Standing, terms: Terms) -> None:
    judgement = judge(known, terms)
    complete = known.judged and not (known.unevaluated and terms.require_complete)
    clean = known.counts.block == 0 and judgement.score >= terms.threshold
    assert (judgement.verdict is Verdict.PASS) == (complete and clean)
    assert (judgement.verdict is Verdict.PASS) == (judgement.reasons == [])


@given(known=standings(), terms=TERMS)
def test_the_open_score_is_never_the_lower_one(known: Standing, terms: Terms) -> None:
    judgement = judge(known, terms)
    assert 0 <= judgement.score <= judgement.open_score <= 100


@given(known=standings(), terms=TERMS)
def test_the_first_reason_is_the_one_that_decided(known: Standing, terms: Terms) -> None:
    judgement = judge(known, terms)
    first = next((reason.code for reason in judgement.reasons), None)
    assert first == DECIDED_BY.get(judgement.verdict)


@given(known=standings(), terms=TERMS)
def test_only_obstacles_have_a_remedy(known: Standing, terms: Terms) -> None:
    excuses = {"override_approved", "threshold_waived"}
    assert all((reason.code in excuses) != bool(reason.remedy) for reason in judge(known, terms).reasons)


@given(known=standings(), terms=TERMS)
def test_a_verdict_holds_until_a_cover_expires_only_if_it_would_be_worse_without(known: Standing, terms: Terms) -> None:
    judgement, bare = judge(known, terms), judge(replace(known, open_counts=known.counts), terms)
    assert judgement.until == (TONIGHT if worse(bare, judgement) else None)
