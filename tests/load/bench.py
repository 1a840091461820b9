"""``make bench``: what Forge Console takes, each figure beside its own floor in the same run.

``make bench ARGS="ingest reading"`` measures some groups only. These machines differ and are shared: trust the ratios.
"""

import argparse
import gc
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from secrets import token_hex

from operations.database import prepare_database
from operations.embedded import PostgreSQL, Valkey
from tests.load.figures import Figure, table

GROUPS = ("ingest", "posting", "reading", "alerting", "audit", "policies", "evaluating", "archive", "health", "pages")


def main() -> int:
    """Measure; returns 1 where a goal is missed."""
    parser = argparse.ArgumentParser(prog="make bench ARGS=", description=__doc__)
    parser.add_argument("groups", nargs="*", choices=[*GROUPS, []], help="what to measure; everything otherwise")
    groups = parser.parse_args().groups or list(GROUPS)
    with ExitStack() as site:
        _start_engines(Path(site.enter_context(tempfile.TemporaryDirectory(prefix="forge-bench-"))), site)
        figures = _measure(groups)
    print(table(figures))  # noqa: T201
    return int(any(figure.holds is False for figure in figures))


def _start_engines(folder: Path, site: ExitStack) -> None:
    """Engines as they would run for real: every commit is on disk."""
    postgres = site.enter_context(PostgreSQL(folder / "postgres", settings={"shared_buffers": "512MB"}))
    valkey = site.enter_context(Valkey(folder / "valkey"))
    urls = prepare_database(postgres.url, database="bench", password=token_hex(16))
    os.environ.update(
        **urls.variables,
        OWNER_DATABASE_URL=urls.owner,
        REDIS_URL=valkey.url,
        SECRET_KEY=token_hex(32),
        DJANGO_SETTINGS_MODULE="config.settings.test",
    )
    subprocess.run([sys.executable, "-m", "tests.provisioned"], check=True)


def _measure(groups: list[str]) -> list[Figure]:
    import django

    django.setup()
    # Django first: what follows imports models.
    from tenants.current import connection
    from tenants.models import Tenant
    from tests.load import alerting, archive, audit, evaluating, health, ingest, pages, policies, posting, reading

    # As web processes, workers and inbox runners do once they have started.
    gc.freeze()
    connection.set_tenant(Tenant.objects.get(schema_name="acme"))
    measuring = (ingest, posting, reading, alerting, audit, policies, evaluating, archive, health, pages)
    modules = dict(zip(GROUPS, measuring, strict=True))
    measured: list[Figure] = []
    for group in groups:
        print(f"Measuring {group} …", file=sys.stderr)  # noqa: T201
        measured += modules[group].figures()
    connection.close()
    return measured


if __name__ == "__main__":
    sys.exit(main())
