"""What a pull request's author says of rules that the change knowingly breaks."""

from collections import defaultdict
from typing import NamedTuple

from compliance.models import PullRequest, Rule


class Marker(NamedTuple):
    """``@override:<marker>`` in a description."""

    marker: str
    rules: list[str]
    """The rules that know it; none where it is misspelt."""


def markers_on(pull: PullRequest) -> list[Marker]:
    """The markers of a pull request's description with their rules. One query, none where there are no markers."""
    if not pull.override_markers:
        return []
    rules: defaultdict[str, list[str]] = defaultdict(list)
    known = Rule.objects.filter(override_marker__in=pull.override_markers).order_by("pk")
    for marker, rule in known.values_list("override_marker", "pk"):
        rules[marker].append(rule)
    return [Marker(marker, rules[marker]) for marker in pull.override_markers]
