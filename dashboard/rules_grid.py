"""The 25 rules at a glance: by tier and category, each with its colour in words and its open violations."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from compliance.admin.labels import Label, label_of_rule
from compliance.choices import Colour, Enforcement, Severity
from compliance.models import Rule, Violation
from compliance.queries.tallies import Tally
from core.admin_cells import list_url, page_url_of

ICONS = {
    Colour.RED: "error",
    Colour.YELLOW: "warning",
    Colour.GREEN: "check_circle",
    Colour.GREY: "do_not_disturb_on",
}


@dataclass(frozen=True, slots=True)
class Tile:
    """One rule."""

    rule: Rule
    tally: Tally
    colour: Colour
    """Grey where the rule does not count, whatever was found."""
    state: Label
    page: str
    violations_page: str

    @property
    def icon(self) -> str:
        """Says the same as the colour."""
        return ICONS[self.colour]

    @property
    def open(self) -> int:
        """Violations that no override covers."""
        return sum(self.tally.open_counts)

    @property
    def covered(self) -> int:
        """Violations that one does."""
        return sum(self.tally.counts) - self.open

    @property
    def last_checked(self) -> datetime | None:
        """When it was last evaluated."""
        return self.tally.last_checked


@dataclass(frozen=True, slots=True)
class Tier:
    """The rules of a tier, category by category."""

    name: str
    tiles: list[Tile]


@dataclass(frozen=True, slots=True)
class Grid:
    """All of them, the gravest tier first."""

    tiers: list[Tier]

    @property
    def red(self) -> int:
        """Rules that stop somebody."""
        return sum(tile.colour == Colour.RED for tier in self.tiers for tile in tier.tiles)

    @property
    def live(self) -> int:
        """Violations of all rules."""
        return sum(sum(tile.tally.counts) for tier in self.tiers for tile in tier.tiles)


def grid_of(standing: Sequence[tuple[Rule, Tally]]) -> Grid:
    """The grid of rules, each with where it stands."""
    tiles = [_tile(rule, tally) for rule, tally in standing]
    tiles.sort(key=lambda tile: (tile.rule.category, tile.rule.pk))
    return Grid([Tier(str(tier.label), [tile for tile in tiles if tile.rule.tier == tier]) for tier in Severity])


def _tile(rule: Rule, tally: Tally) -> Tile:
    counts = rule.enforcement == Enforcement.ENFORCE
    return Tile(
        rule=rule,
        tally=tally,
        colour=tally.colour if counts else Colour.GREY,
        state=label_of_rule(rule, tally.colour),
        page=page_url_of(Rule, rule.pk),
        violations_page=list_url(Violation, rule__id__exact=rule.pk, standing="live"),
    )
