"""An evaluation as a person reads it in a terminal. Pure."""

from collections.abc import Iterator
from textwrap import wrap

from compliance.evaluation.result import Result
from compliance.readings import Finding

WIDTH = 110


def told(result: Result, *, files: int) -> str:
    """The findings by severity and rule, each with its place, and a summary.

    Args:
        files: how many the change touches.
    """
    return "\n".join([*_findings(result), *_summary(result, files)])


def _findings(result: Result) -> Iterator[str]:
    for severity, rule, found in result.by_rule():
        yield f"{severity.value}  {rule.id} {rule.name}"
        for number, finding in enumerate(found):
            yield f"  {_place(finding)}"
            yield from _indented(finding.message)
            remedy = str(finding.context.get("remediation") or rule.remediation)
            # Said once for those that follow one another.
            following = found[number + 1] if number + 1 < len(found) else None
            if following is None or following.context.get("remediation") != finding.context.get("remediation"):
                yield from _indented(f"→ {remedy}")
        yield ""


def _summary(result: Result, files: int) -> Iterator[str]:
    counts, judgement = result.counts, result.judgement
    yield f"{files:,} changed {'file' if files == 1 else 'files'}: " + (
        f"{counts.block} BLOCK, {counts.override} OVERRIDE, {counts.warning} WARNING · score {judgement.score} of 100"
    )
    yield f"{judgement.verdict.value}: " + ("may merge" if judgement.verdict.can_merge else "would not merge")
    for reason in judgement.reasons:
        yield f"  {reason.message} {reason.remedy}".rstrip()


def _place(finding: Finding) -> str:
    place = finding.file_path or "(no file)"
    if finding.line:
        place += f":{finding.line}"
    # A name may hold anything, and a terminal obeys some of it.
    return _plain(place)


def _indented(text: str) -> list[str]:
    return wrap(_plain(text), WIDTH, initial_indent="    ", subsequent_indent="    ", break_long_words=False)


def _plain(text: str) -> str:
    return "".join(letter if letter.isprintable() else "�" if letter not in "\n\t" else " " for letter in text)
