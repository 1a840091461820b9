"""From what stands in a document to findings with a rule, a severity, a place and an identity."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from compliance.choices import UNATTRIBUTED, Severity
from compliance.fingerprint import Fingerprints
from compliance.limits import KEPT_MESSAGE_BYTES
from compliance.places import ChangedFiles, Place, normal, place_named_in
from compliance.readings import Finding, RawFinding, Reading

_MENTION = re.compile(
    r"""
      [\[(] ([^\[\]()\n]{1,120}) [\])]                  # [Domain/R07]  [Domain/R24-W06]  (R07)
    | (?<![\w/.-]) ([A-Za-z]\w*+(?:-\w++)*+) :          # R07:
    """,
    re.VERBOSE,
)
_MARKER = re.compile(
    r"""
    [\W_]{0,20}(?: [\[(][^\[\]()\n]{1,120}[\])][\W_]{0,20} | [A-Za-z]{1,20}-?\d[\w-]{0,20}:\s{0,5} )?
    (?: (HARD[ _-]STOP|OVERRIDE[ _-]REQUIRED|WARNING)\b
      | ((?i:HARD[ _-]STOP|OVERRIDE[ _-]REQUIRED|WARNING))(?=\s*[:\[(]) )
    """,
    re.VERBOSE,
)
_MARKED = {"H": Severity.BLOCK.value, "O": Severity.OVERRIDE.value, "W": Severity.WARNING.value}
_SET_SEVERITIES = {"override": Severity.OVERRIDE.value, "warn": Severity.WARNING.value}


def attribute(
    reading: Reading, *, source: str, tiers: Mapping[str, str], changed_files: Sequence[str]
) -> list[Finding]:
    """Turn every entry of a reading into a finding, in order; none is dropped.

    Args:
        source: the pack of policies that reports; part of the fingerprint.
        tiers: the tenant's known rules, each with its tier.
        changed_files: paths from the root of the repository.
    """
    attribution = _Attribution(source, tiers, changed_files)
    return [attribution.finding(raw) for raw in reading.raw]


def known_rule(name: str, known: Collection[str]) -> tuple[str, str]:
    """The known rule that a name means, and the full code if the name is finer than the rule; else empty.

    ``R07`` is itself, ``R24-W06`` is R24, ``Security/R01`` is R01.
    """
    for code in (name, *map(str.strip, name.replace(",", "/").split("/"))):
        rule = code
        while rule:
            if rule in known:
                return rule, code if rule != code else ""
            rule = rule.rpartition("-")[0]
    return "", ""


class _KnownRules(dict[str, tuple[str, str]]):
    """What each name that was met so far means: reports repeat few names many times."""

    def __init__(self, known: Collection[str]) -> None:
        self._known = known

    def __missing__(self, name: str) -> tuple[str, str]:
        self[name] = meaning = known_rule(name, self._known)
        return meaning


class _Attribution:
    """What stays the same from one finding of a report to the next."""

    def __init__(self, source: str, tiers: Mapping[str, str], changed_files: Sequence[str]) -> None:
        self._tiers = tiers
        self._rules = _KnownRules(tiers)
        self._changed = ChangedFiles(changed_files)
        self._fingerprints = Fingerprints(source)

    def finding(self, raw: RawFinding) -> Finding:
        rule, code = self._rule(raw)
        file, line = self._place(raw)
        return Finding(
            # Its own file: one that only its message names is there already, and changes with the changed files.
            self._fingerprints.take(raw.package, rule, raw.message, normal(raw.file)),
            rule,
            _severity(raw, self._tiers.get(rule)),
            raw.package,
            file,
            line,
            _kept(raw.message),
            _context(raw, rule, code),
        )

    def _rule(self, raw: RawFinding) -> tuple[str, str]:
        """The rule that the entry names, else the first known one in its message, else the stand-in."""
        named = self._rules[raw.rule]
        if named[0]:
            return named
        for mention in _MENTION.finditer(raw.message):
            named = self._rules[mention[1] or mention[2]]
            if named[0]:
                return named
        return UNATTRIBUTED, ""

    def _place(self, raw: RawFinding) -> Place:
        if raw.file:
            return Place(normal(raw.file), raw.line)
        place = place_named_in(raw.message, self._changed)
        return place if raw.line is None else Place(place.file, raw.line)


def _severity(raw: RawFinding, tier: str | None) -> str:
    """What the entry says, else the set it stands in, else its rule's tier; BLOCK where nothing tells."""
    return raw.severity or _marked(raw.message) or _SET_SEVERITIES.get(raw.kind) or tier or Severity.BLOCK.value


def _marked(message: str) -> str:
    """The severity that the message opens with; further on the same words may speak of anything."""
    marker = _MARKER.match(message)
    return _MARKED[(marker[1] or marker[2])[0].upper()] if marker else ""


def _context(raw: RawFinding, rule: str, code: str) -> Mapping[str, Any]:
    if code:
        return {"code": code, **raw.context}
    if raw.rule and rule == UNATTRIBUTED:
        return {"rule": raw.rule, **raw.context}
    return raw.context


def _kept(message: str) -> str:
    """The message, cut at the limit between two characters and marked as cut."""
    # A character has at most four bytes: most messages need no encoding to be known as short enough.
    if len(message) <= KEPT_MESSAGE_BYTES // 4:
        return message
    written = message.encode()
    if len(written) <= KEPT_MESSAGE_BYTES:
        return message
    mark = f" … [cut: the message has {len(written):,} bytes]"
    return written[: KEPT_MESSAGE_BYTES - len(mark.encode())].decode(errors="ignore") + mark
