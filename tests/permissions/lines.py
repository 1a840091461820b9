"""What the table is made of: lines, each of one door, and the many doors of a model's pages in one go."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.permissions.callers import NOBODY, SIGNED_IN, Who


class Door(NamedTuple):
    """One way in: a method of an address, or an action of a model's list."""

    site: str
    method: str
    route: str
    action: str = ""

    def __str__(self) -> str:
        return f"{self.method} {self.route}{f' action={self.action}' if self.action else ''}"


@dataclass(frozen=True)
class Line:
    """Who may go through a door: ``Line("GET /api/compliance/rules", READERS, "All rules")``."""

    address: str
    """Methods and the route, its arguments in angle brackets without their types."""
    who: Who
    about: str
    key: str = ""
    """What opens it for anybody who holds it, signed in or not."""

    def doors(self, site: str) -> Iterator[tuple[Door, Who]]:
        """Each of its methods."""
        *methods, route = self.address.split(" ")
        return ((Door(site, method, route), self.who) for method in methods)


@dataclass(frozen=True)
class Pages:
    """Who may do what on a model's pages: ``Pages("compliance.rule", "Rules", reads=READERS, changes=ADMINS)``.

    Who is not named may not.
    """

    model: str
    about: str
    reads: Who
    changes: Who = NOBODY
    adds: Who = NOBODY
    deletes: Who = NOBODY
    actions: Mapping[str, Who] = field(default_factory=dict)
    """Name of an action of the list → who may run it."""
    more: Mapping[str, Who] = field(default_factory=dict)
    """Methods and address of a further page, from the list's on → who may."""

    @property
    def root(self) -> str:
        """The list's route."""
        return f"/admin/{self.model.replace('.', '/')}/"

    def doors(self, site: str) -> Iterator[tuple[Door, Who]]:
        """Everything that Django's admin makes for a model, and what the class adds."""
        one = f"{self.root}<object_id>/"
        for method, route, who in (
            ("GET", self.root, self.reads),
            ("GET", f"{self.root}add/", self.adds),
            ("POST", f"{self.root}add/", self.adds),
            # Leads to the page below, whether there is one or not.
            ("GET", one, SIGNED_IN),
            ("POST", one, SIGNED_IN),
            ("GET", f"{one}change/", self.reads),
            ("POST", f"{one}change/", self.changes),
            ("GET", f"{one}delete/", self.deletes),
            ("POST", f"{one}delete/", self.deletes),
            # The audit log takes its place.
            ("GET", f"{one}history/", NOBODY),
            ("POST", f"{one}history/", NOBODY),
        ):
            yield Door(site, method, route), who
        for action, who in {"delete_selected": self.deletes, **self.actions}.items():
            yield Door(site, "POST", self.root, action), who
        for address, who in self.more.items():
            *methods, rest = address.split(" ")
            for method in methods:
                yield Door(site, method, self.root + rest), who


@dataclass(frozen=True)
class Room:
    """A room's part of the table."""

    name: str
    about: str
    lines: tuple[Line, ...] = ()
    pages: tuple[Pages, ...] = ()
    site: str = "tenant"

    def doors(self) -> dict[Door, Who]:
        """All of it, door by door."""
        parts: list[Line | Pages] = [*self.lines, *self.pages]
        return {door: who for part in parts for door, who in part.doors(self.site)}
