"""What a code host shows of a verdict: one line beside the commit, and the comment. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from compliance.choices import Verdict
from compliance.codehost.clients import MAX_DESCRIPTION, State
from compliance.score import Counts

SHOWN_REASONS = 20
_SHOWN_CHARS = 300
_MAX_COMMENT = 60_000
"""GitHub takes 65,536 characters."""
_NAMES = {"block": "BLOCK", "override": "OVERRIDE", "warning": "WARNING"}


@dataclass(frozen=True, slots=True)
class Told:
    """A verdict as it is told."""

    verdict: Verdict
    score: int
    threshold: int
    counts: Counts
    reasons: Sequence[tuple[str, str, str]]
    """Code, message and remedy of each."""
    address: str
    """The pull request's page here."""
    name: str

    @property
    def state(self) -> State:
        """What its commit's status says."""
        if self.verdict is not Verdict.PENDING:
            return State.SUCCESS if self.verdict.can_merge else State.FAILURE
        codes = {code for code, _, _ in self.reasons}
        if "report_failed" in codes and "report_queued" not in codes:
            return State.FAILURE
        return State.RUNNING if "report_queued" in codes else State.PENDING


def worst(told: Sequence[Told]) -> Told:
    """What a commit is told that is the head of several pull requests: failure before waiting before success."""
    order = [State.FAILURE, State.RUNNING, State.PENDING, State.SUCCESS]
    return min(told, key=lambda one: order.index(one.state))


def description_of(told: Told) -> str:
    """One line of at most 140 characters."""
    if told.verdict is Verdict.PENDING:
        line = told.reasons[0][1] if told.reasons else "Nothing has been judged yet."
    else:
        counted = _counted(told.counts)
        line = f"{told.verdict.label}: score {told.score}, {told.threshold} needed" + (
            f"; {counted}" if counted else ""
        )
    return _cut(_one_line(line), MAX_DESCRIPTION)


def comment_of(told: Told, *, marker: str) -> str:
    """The comment, in Markdown. What reports and people say stands in code spans: it mentions and links nobody."""
    lines = [
        marker,
        f"### {'✅' if told.verdict.can_merge else '⏳' if told.state != State.FAILURE else '⛔'} {told.verdict.label}",
        "",
        f"Score **{told.score}** ({told.threshold} needed){_and(_counted(told.counts))}",
        "",
    ]
    lines += [_bullet(message, remedy) for _, message, remedy in told.reasons[:SHOWN_REASONS]]
    if len(told.reasons) > SHOWN_REASONS:
        lines.append(f"- … and {len(told.reasons) - SHOWN_REASONS} more")
    lines += ["", f"[Details of {told.name}]({told.address})"]
    return "\n".join(lines)[:_MAX_COMMENT]


def _bullet(message: str, remedy: str) -> str:
    return f"- {_code(message)}" + (f"  \n  {remedy}" if remedy else "")


def _and(text: str) -> str:
    return f" · {text}" if text else ""


def _counted(counts: Counts) -> str:
    return ", ".join(f"{number} {_NAMES[name]}" for name, number in counts._asdict().items() if number)


def _one_line(text: str) -> str:
    return " ".join(re.sub(r"[\x00-\x1f\x7f]", " ", text).split())


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _code(text: str) -> str:
    """A code span: a longer run of backticks than any inside, which nothing inside can end."""
    line = _cut(_one_line(text), _SHOWN_CHARS)
    longest = max((len(run) for run in re.findall("`+", line)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {line} {fence}" if longest else f"{fence}{line}{fence}"
