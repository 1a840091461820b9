"""Filling a tenant: who, where, when, and how much of each; then its trends."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from django.db import transaction

from accounts.models import Organisation
from compliance.choices import UNATTRIBUTED
from compliance.models import PullRequest, Repository, Rule, TenantSettings, Version
from compliance.services.trends import build_days
from compliance.trends import days
from core.errors import Conflict
from operations.scale.lives import Found, KnownRule, Life, live
from operations.scale.rows import Writer
from operations.scale.skew import Keys, Sizes, Zipf, shared_out

_AT_ONCE = 25_000
_HOUR = timedelta(hours=1)
DEFAULT_BRANCHES = 0.3
"""Part of the violations that stand on default branches."""
_TIERS = ("WARNING", "OVERRIDE", "BLOCK")
_RARE = 0.03
"""Part of the violations whose message says another severity than the rule's tier."""


def fill(sizes: Sizes, *, seed: int, at: datetime) -> Iterator[tuple[str, int, int]]:
    """Fill the tenant that we are in. Yields what is being written, how far it is, and of how many.

    Raises:
        Conflict: there are pull requests already.
    """
    if PullRequest.objects.exists():
        raise Conflict("not_empty", "This tenant has pull requests. Seed one that is empty.")
    random = Random(seed)  # noqa: S311
    written, waiting = 0, 0
    writer = Writer(random, Keys(random), _rules(), _path, TenantSettings.current().terms())
    for life, repository, number, author in _lives(sizes, random, at):
        writer.add(life, repository=repository, number=number, author=author, at=at)
        waiting += len(life.found) + 50
        written += len(life.found)
        if waiting >= _AT_ONCE:
            _write(writer)
            waiting = 0
            yield "violations", written, sizes.violations
    _write(writer)
    yield "violations", written, sizes.violations


def count_days(sizes: Sizes, *, at: datetime) -> Iterator[tuple[str, int, int]]:
    """Count every day of what was filled in. Yields as ``fill`` does."""
    zone = Organisation.current().zone
    today = at.astimezone(zone).date()
    span = list(days(today - timedelta(days=sizes.days - 1), today))
    for number, _ in enumerate(build_days(span, zone=zone, at=at), start=1):
        yield "days of trends", number, len(span)


def _write(writer: Writer) -> None:
    with transaction.atomic():
        writer.lines.write()
        Version.bump("evaluations", "pulls", "rules", "violations", "overrides")


def _rules() -> list[KnownRule]:
    """Mild ones first: they are broken most."""
    rules = [
        KnownRule(rule.pk, rule.tier, rule.packages[0] if rule.packages else "")
        for rule in Rule.objects.exclude(pk=UNATTRIBUTED)
    ]
    return sorted(rules, key=lambda rule: (_TIERS.index(rule.tier), rule.id))


def _path(number: int) -> str:
    folder = ("apps/api/src", "apps/web/src", "libs/core", "libs/ui")[number % 4]
    return f"{folder}/module-{number % 401}/part-{number}.ts"


def _lives(sizes: Sizes, random: Random, at: datetime) -> Iterator[tuple[Life, int, int | None, str]]:
    """Every pull request and default branch, the oldest first."""
    terms, rules = TenantSettings.current().terms(), _rules()
    of_rule = Zipf(random, len(rules), steepness=0.9)
    of_file = Zipf(random, sizes.files, steepness=0.8)
    authors = Zipf(random, sizes.authors).draw(sizes.pulls)
    repositories = _repositories(sizes)
    numbers = dict.fromkeys(repositories, 0)
    begins = at - timedelta(days=sizes.days)

    def found(count: int) -> list[Found]:
        return [
            Found(rules[rule], _severity(random, rules[rule]), file, 0)
            for rule, file in zip(of_rule.draw(count), of_file.draw(count), strict=True)
        ]

    on_defaults = round(sizes.violations * DEFAULT_BRANCHES)
    for repository, count in zip(
        repositories, shared_out(on_defaults, [1 / (rank + 1) for rank in range(len(repositories))]), strict=True
    ):
        reports = _moments(random, begins, at, count=max(4, sizes.days // 3))
        life = live(random, found(count), reports=reports, ended_at=None, default=True, terms=terms)
        yield life, repository, None, ""
    starts = sorted(begins + (at - begins) * random.random() * 0.995 for _ in range(sizes.pulls))
    shares = shared_out(sizes.violations - on_defaults, [random.lognormvariate(0, 1.1) for _ in starts])
    where = Zipf(random, len(repositories)).draw(sizes.pulls)
    for start, count, place, author in zip(starts, shares, where, authors, strict=True):
        repository = repositories[place]
        numbers[repository] += 1
        reports, ended_at = _span(random, start, at)
        life = live(random, found(count), reports=reports, ended_at=ended_at, default=False, terms=terms)
        yield life, repository, numbers[repository], f"author-{author + 1}"


def _repositories(sizes: Sizes) -> list[int]:
    names = [f"scale/service-{number + 1}" for number in range(sizes.repositories)]
    Repository.objects.bulk_create(
        [Repository(name=name, default_branch="main", web_url=f"https://git.example.com/{name}") for name in names],
        ignore_conflicts=True,
    )
    keys = dict(Repository.objects.filter(name__in=names).values_list("name", "pk"))
    return [keys[name] for name in names]


def _severity(random: Random, rule: KnownRule) -> str:
    return random.choice(_TIERS) if random.random() < _RARE else rule.tier


def _moments(random: Random, begins: datetime, ends: datetime, *, count: int) -> list[datetime]:
    """Some moments between, in order, of whole milliseconds, as keys are."""
    step = (ends - begins) / count
    return [_whole(begins + step * number + step * 0.6 * random.random()) for number in range(count)]


def _span(random: Random, start: datetime, at: datetime) -> tuple[list[datetime], datetime | None]:
    """When a pull request was reported on, and when it ended, where that is over."""
    count = min(1 + int(random.expovariate(0.6)), 9)
    lasts = timedelta(hours=max(4.0 * count, min(random.lognormvariate(3.4, 1), 300)))
    reports = [moment for moment in _moments(random, start, start + lasts, count=count) if moment < at]
    ended_at = _whole(start + lasts + 2 * _HOUR)
    return reports or [_whole(at - _HOUR / 60)], ended_at if ended_at < at else None


def _whole(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
