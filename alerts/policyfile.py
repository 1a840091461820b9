"""Alert policies as a YAML document. Pure: text goes in and values come out, or everything that is wrong with it."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from reprlib import repr as shortened
from typing import Any, Final

import yaml

from alerts.choices import ChannelKind, Frequency, Tier
from alerts.durations import read_duration, write_duration
from alerts.escalation import Step
from core.errors import Invalid

MAX_BYTES = 256 * 1024
MAX_CHANNELS, MAX_STEPS = 50, 20
ROOT: Final = "alert_rules"
_LARGEST = {"threshold": 2**31 - 1, "max_per_day": 2**15 - 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyValues:
    """One tier's policy. What a document leaves out has these values."""

    channels: list[str] = field(default_factory=list)
    threshold: int = 1
    deduplication_window: timedelta = timedelta(hours=1)
    frequency: str = Frequency.IMMEDIATE.value
    aggregation_window: timedelta | None = None
    max_per_day: int | None = None
    summary_time: time | None = None
    quiet_hours: bool = False
    escalation: list[Step] = field(default_factory=list)


class _Wrong(Exception):
    """One value is wrong."""


def read_policies(text: str) -> dict[Tier, PolicyValues]:
    """Read a document; of the tiers that it names.

    Raises:
        Invalid: ``errors`` has all that is wrong, by ``tier.field``.
    """
    if len(text.encode(errors="replace")) > MAX_BYTES:
        raise Invalid("invalid", f"A file of policies has at most {MAX_BYTES // 1024} KiB.")
    tiers = _tiers_of(_document(text))
    errors: dict[str, list[str]] = {}
    found: dict[Tier, PolicyValues] = {}
    for name, rules in tiers.items():
        if name not in Tier.values:
            errors[_place(name)] = [f"No tier; there are {', '.join(Tier.values)}."]
            continue
        values, wrong = _values(rules)
        errors |= {f"{name}.{place}" if place else str(name): [reason] for place, reason in wrong.items()}
        found[Tier(name)] = values
    if errors:
        raise refusal(errors)
    return found


def refusal(errors: Mapping[str, list[str]]) -> Invalid:
    """What is said of wrong values: each place with its reason."""
    lines = [f"{place}: {reason}" for place, reasons in errors.items() for reason in reasons]
    return Invalid("invalid", " ".join(lines), errors=errors)


def write_policies(policies: Mapping[Tier, PolicyValues]) -> str:
    """The document, which reads as the same values again."""
    document = {ROOT: {tier.value: written(values) for tier, values in sorted(policies.items())}}
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, default_flow_style=False, allow_unicode=True)


def check_channels(names: object) -> list[str]:
    """The names of channels: a kind, or one channel as kind:name.

    Raises:
        ValueError: something is no such list.
    """
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError("Expected a list of channels: [slack, email].")
    if len(names) > MAX_CHANNELS:
        raise ValueError(f"{len(names):,} channels; at most {MAX_CHANNELS}.")
    for name in names:
        kind, colon, own = name.partition(":")
        if kind not in ChannelKind.values or (colon and not own.strip()):
            kinds = ", ".join(ChannelKind.values)
            raise ValueError(f"No channel: {shortened(name)}. Expected {kinds}, or one by its name like slack:team.")
    return list(dict.fromkeys(names))


def problems_of(values: PolicyValues) -> dict[str, str]:
    """What does not go together, by field."""
    wrong = {}
    if values.frequency != Frequency.IMMEDIATE and values.summary_time is None:
        wrong["summary_time"] = f"A {values.frequency} summary needs a time."
    if values.aggregation_window is not None and values.frequency == Frequency.IMMEDIATE:
        wrong["aggregation_window"] = "Only for what waits for a summary: what is told at once is not batched."
    if values.aggregation_window is not None and values.aggregation_window < timedelta(minutes=1):
        wrong["aggregation_window"] = "At least 1m."
    for name, largest in _LARGEST.items():
        number = getattr(values, name)
        if number is not None and not 1 <= number <= largest:
            wrong[name] = f"From 1 to {largest:,}."
    if len(values.escalation) > MAX_STEPS:
        wrong["escalation"] = f"At most {MAX_STEPS} steps."
    elif any(not step.channels for step in values.escalation):
        wrong["escalation"] = "A step without channels tells nobody."
    return wrong


class _Loader(yaml.SafeLoader):
    """YAML of plain values: no aliases, which can make a small file huge, and no key twice."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases (*) are not read")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        names = Counter(key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode))
        if twice := [name for name, times in names.items() if times > 1]:
            raise yaml.YAMLError(f"{shortened(twice[0])} stands twice in the entry of line {node.start_mark.line + 1}")
        mapping: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return mapping


class _Dumper(yaml.SafeDumper):
    """As people write it: lists of names on one line."""

    def represent_sequence(self, tag: str, sequence: Any, flow_style: bool | None = None) -> Any:
        flat = all(isinstance(item, str) for item in sequence)
        return super().represent_sequence(tag, sequence, flow_style=flat)


def _document(text: str) -> Any:
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506  a SafeLoader
    except (yaml.YAMLError, RecursionError, ValueError, TypeError) as error:
        raise Invalid("invalid", f"Not YAML that can be read: {' '.join(str(error).split())[:300]}.") from error


def _tiers_of(document: Any) -> dict[Any, Any]:
    if not isinstance(document, dict) or list(document) != [ROOT] or not isinstance(document[ROOT], dict):
        raise Invalid("invalid", f"Expected {ROOT}: and below it one entry a tier: {', '.join(Tier.values)}.")
    tiers: dict[Any, Any] = document[ROOT]
    return tiers


def _values(rules: Any) -> tuple[PolicyValues, dict[str, str]]:
    """One tier's values, and what is wrong by field."""
    if not isinstance(rules, dict):
        return PolicyValues(), {"": f"Expected fields like channels: and threshold:, not {_named(rules)}."}
    read: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for name, value in rules.items():
        if name not in _READERS:
            wrong[_place(name)] = f"No such field; there are {', '.join(_READERS)}."
            continue
        try:
            read[name] = _READERS[name](value)
        except ValueError as error:
            wrong[name] = str(error)
    try:
        read |= {"escalation": _chain(read)}
    except _Wrong as error:
        wrong.setdefault("escalation", str(error))
    if wrong:
        return PolicyValues(), wrong
    values = PolicyValues(**{name: value for name, value in read.items() if not name.startswith("escalation_")})
    return values, problems_of(values)


def _chain(read: Mapping[str, Any]) -> list[Step]:
    """The escalation, however it is written."""
    single = [name for name in ("escalation_delay", "escalation_channels") if name in read]
    if "escalation" in read and single:
        raise _Wrong(f"Either escalation or {' and '.join(single)}, not both.")
    if len(single) == 1:
        raise _Wrong("One step needs both escalation_delay and escalation_channels.")
    if single:
        return [Step(read["escalation_delay"], tuple(read["escalation_channels"]))]
    return list(read.get("escalation", []))


def _duration(value: Any) -> timedelta:
    if not isinstance(value, str):
        raise ValueError(f"Expected a length of time like 15m, 4h or 1d, not {_named(value)}.")
    return read_duration(value)


def _step_delay(value: Any) -> timedelta:
    delay = _duration(value)
    if not delay:
        raise ValueError("At least 1s.")
    return delay


def _number(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"Expected a whole number, not {_named(value)}.")
    return value


def _switch(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"Expected true or false, not {_named(value)}.")
    return value


def _frequency(value: Any) -> str:
    if value not in Frequency.values:
        raise ValueError(f"Expected {', '.join(Frequency.values)}, not {_named(value)}.")
    return str(value)


def _clock(value: Any) -> time:
    # Without quotes YAML takes 10:00 for the number 600.
    if isinstance(value, str) and len(value) == 5:
        try:
            return time.fromisoformat(value)
        except ValueError:
            pass
    raise ValueError(f'Expected a time in quotes, like "09:00", not {_named(value)}.')


def _steps(value: Any) -> list[Step]:
    if not isinstance(value, list):
        raise ValueError("Expected a list of steps: [{delay: 15m, channels: [pagerduty]}].")
    if len(value) > MAX_STEPS:
        raise ValueError(f"{len(value):,} steps; at most {MAX_STEPS}.")
    return [_step(step, number) for number, step in enumerate(value, start=1)]


def _step(step: Any, number: int) -> Step:
    if not isinstance(step, dict) or set(step) != {"delay", "channels"}:
        raise ValueError(f"Step {number}: expected delay and channels, and nothing else.")
    try:
        return Step(_step_delay(step["delay"]), tuple(check_channels(step["channels"])))
    except ValueError as error:
        raise ValueError(f"Step {number}: {error}") from error


_READERS: dict[Any, Callable[[Any], Any]] = {
    "channels": check_channels,
    "threshold": _number,
    "deduplication_window": _duration,
    "frequency": _frequency,
    "aggregation_window": _duration,
    "max_per_day": _number,
    "summary_time": _clock,
    "quiet_hours": _switch,
    "escalation_delay": _step_delay,
    "escalation_channels": check_channels,
    "escalation": _steps,
}


def written(values: PolicyValues) -> dict[str, Any]:
    """What a tier's entry says; what does not matter to it is left out."""
    batched = values.frequency != Frequency.IMMEDIATE
    entry: dict[str, Any] = {"channels": values.channels, "threshold": values.threshold}
    if not batched or values.deduplication_window != PolicyValues().deduplication_window:
        entry["deduplication_window"] = write_duration(values.deduplication_window)
    if batched:
        entry["frequency"] = values.frequency
    if values.aggregation_window is not None:
        entry["aggregation_window"] = write_duration(values.aggregation_window)
    if values.max_per_day is not None:
        entry["max_per_day"] = values.max_per_day
    if values.summary_time is not None:
        entry["summary_time"] = f"{values.summary_time:%H:%M}"
    entry |= _written_chain(values.escalation)
    entry["quiet_hours"] = values.quiet_hours
    return entry


def _written_chain(chain: list[Step]) -> dict[str, Any]:
    """The escalation: two fields for one step, a list for more."""
    steps = [{"delay": write_duration(step.delay), "channels": list(step.channels)} for step in chain]
    if len(steps) == 1:
        return {f"escalation_{name}": value for name, value in steps[0].items()}
    return {"escalation": steps} if steps else {}


def _named(value: object) -> str:
    return shortened(value)


def _place(name: object) -> str:
    return name[:60] if isinstance(name, str) else shortened(name)
