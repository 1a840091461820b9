"""The rollout: which schemas, in which order, how many at a time, and when to stop."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from queue import SimpleQueue
from threading import Event

from django.conf import settings
from django_tenants.utils import get_public_schema_name, schema_exists

from core.errors import Invalid, NotFound
from operations.errors import require_owner
from operations.rollout.locks import rollout_lock
from operations.rollout.schemas import has_table, note_stopped, pending
from operations.rollout.workers import Beside, Here, Migrator, Outcome, migrate_here
from tenants.current import connection
from tenants.models import TEMPLATE_SCHEMA, Tenant

Say = Callable[[str], None]
_PAGES = """
    SELECT n.nspname, sum(c.relpages) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY(%s) GROUP BY 1
"""


@dataclass(frozen=True)
class Options:
    """What is asked of a rollout."""

    only: Sequence[str] = ()
    """Schema names; all tenants' where empty."""
    canary: str = ""
    """The tenant that goes first; the smallest one where empty."""
    concurrency: int = 2
    """Schemas at a time, each by a process of its own; 1: by this one."""
    resume: bool = False
    """Leave out the tenants that have come to this release."""
    most_failures: int = 3
    """After so many no other tenant is begun."""


@dataclass
class Result:
    """What became of a rollout."""

    migrated: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    """Schema name → why."""
    left: list[str] = field(default_factory=list)
    """What was not begun."""

    @property
    def complete(self) -> bool:
        """Whether every schema has come to this release."""
        return not self.failed and not self.left


def plan(options: Options) -> list[tuple[str, list[tuple[str, str]]]]:
    """Every schema that a rollout would visit, in its order, and the migrations that it lacks. Changes nothing.

    Raises:
        DomainError: this process is not the owner's; no such tenant.
    """
    require_owner()
    shared = [name for name in (get_public_schema_name(), TEMPLATE_SCHEMA) if schema_exists(name)]
    tenants = _tenants(options) if has_table(get_public_schema_name(), Tenant._meta.db_table) else []
    return [(schema, pending(schema)) for schema in [*shared, *tenants]]


def roll_out(options: Options, *, say: Say, stopped: Event | None = None) -> Result:
    """Migrate the public schema and the template, then a canary, then every other tenant.

    Where the public schema, the template or the canary fails, nothing else is touched. Can be stopped and run again.

    Args:
        say: is told what happens, a line each.
        stopped: once set, no other schema is begun.

    Raises:
        DomainError: this process is not the owner's; no such tenant; another rollout is at work.
    """
    require_owner()
    stopped = stopped or Event()
    result = Result()
    with rollout_lock():
        if not _shared(say, result):
            return result
        for schema in note_stopped():
            say(f"{schema}: was stopped halfway, is tried again")
        names = _tenants(options)
        with _migrators(options, len(names)) as migrators:
            _visit_all(names, migrators, options, say=say, stopped=stopped, result=result)
    return result


def _shared(say: Say, result: Result) -> bool:
    """The public schema and the template: by this process, nobody else may change them meanwhile."""
    for schema in (get_public_schema_name(), TEMPLATE_SCHEMA):
        if not schema_exists(schema):
            continue
        outcome = migrate_here(schema)
        _count(outcome, result)
        say(_told(outcome))
        if outcome.failure:
            return False
    return True


def _visit_all(
    names: Sequence[str],
    migrators: Sequence[Migrator],
    options: Options,
    *,
    say: Say,
    stopped: Event,
    result: Result,
) -> None:
    canary, rest = names[:1], names[1:]
    result.left = list(names)
    for number, outcome in enumerate(_visits(canary, migrators[:1], stopped), start=1):
        _count(outcome, result)
        say(f"[{number}/{len(names)}] {_told(outcome)} (canary)")
        if outcome.failure:
            say("The canary failed: no other tenant is touched.")
            return
    for number, outcome in enumerate(_visits(rest, migrators, stopped), start=2):
        _count(outcome, result)
        say(f"[{number}/{len(names)}] {_told(outcome)}")
        if len(result.failed) >= options.most_failures and not stopped.is_set():
            stopped.set()
            say(f"{len(result.failed)} tenants failed: no other one is begun.")


def _visits(names: Sequence[str], migrators: Sequence[Migrator], stopped: Event) -> Iterator[Outcome]:
    """What becomes of each, as it becomes known."""
    idle: SimpleQueue[Migrator] = SimpleQueue()
    for migrator in migrators:
        idle.put(migrator)

    def visit(schema: str) -> Outcome | None:
        if stopped.is_set():
            return None
        migrator = idle.get()
        try:
            return migrator.migrate(schema)
        finally:
            idle.put(migrator)

    if len(migrators) == 1:
        yield from (outcome for schema in names if (outcome := visit(schema)))
        return
    with ThreadPoolExecutor(max(1, len(migrators))) as threads:
        for future in as_completed([threads.submit(visit, schema) for schema in names]):
            if outcome := future.result():
                yield outcome


@contextmanager
def _migrators(options: Options, tenants: int) -> Iterator[list[Migrator]]:
    with ExitStack() as stack:
        wanted = min(options.concurrency, tenants)
        made: list[Migrator] = [Beside() for _ in range(wanted)] if wanted > 1 else [Here()]
        for migrator in made:
            stack.callback(migrator.close)
        yield made


def _tenants(options: Options) -> list[str]:
    """Schema names, the canary's first."""
    connection.set_schema_to_public()
    rows = Tenant.objects.built().exclude(schema_name=get_public_schema_name())
    known = set(rows.values_list("schema_name", flat=True))
    if unknown := sorted({*options.only, *filter(None, [options.canary])} - known):
        raise NotFound("no_such_tenant", f"No tenant with a schema of its own is called {', '.join(unknown)}.")
    if options.only and options.canary and options.canary not in options.only:
        raise Invalid("invalid", f"{options.canary} cannot go first: it is not among the tenants that are named.")
    if options.only:
        rows = rows.filter(schema_name__in=options.only)
    if options.resume:
        there = rows.migrated().filter(schema_release=settings.RELEASE, rollout=Tenant.Rollout.DONE)
        rows = rows.exclude(pk__in=there.values("pk"))
    states = rows.values_list("schema_name", "state")
    return _canary_first({name: state == Tenant.State.ACTIVE for name, state in states}, options.canary)


def _canary_first(active: dict[str, bool], wanted: str) -> list[str]:
    """The named one, else the smallest of those that are served: one that is suspended would prove little."""
    with connection.cursor() as cursor:
        cursor.execute(_PAGES, [list(active)])
        pages = dict(cursor.fetchall())
    smallest = min(active, key=lambda name: (not active[name], pages.get(name, 0), name), default="")
    canary = wanted if wanted in active else smallest
    return [*filter(None, [canary]), *(name for name in sorted(active) if name != canary)]


def _count(outcome: Outcome, result: Result) -> None:
    if outcome.schema in result.left:
        result.left.remove(outcome.schema)
    if outcome.failure:
        result.failed[outcome.schema] = outcome.failure
    else:
        result.migrated.append(outcome.schema)


def _told(outcome: Outcome) -> str:
    if outcome.failure:
        return f"{outcome.schema}: failed: {outcome.failure}"
    what = f"{outcome.migrations} migrations" if outcome.migrations != 1 else "1 migration"
    return f"{outcome.schema}: {what}, {outcome.seconds:.1f} s"
