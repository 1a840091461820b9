"""What the database itself refuses: the second fence, behind the search path."""

import psycopg
import pytest
from django.db import DatabaseError, transaction
from django_tenants.utils import tenant_context

from accounts.models import User
from compliance.models import Repository
from tenants.current import connection
from tenants.models import Tenant


@pytest.fixture
def foreign_data(acme: Tenant, globex: Tenant) -> None:
    """A repository in each tenant, told apart by its name."""
    for tenant in (acme, globex):
        with tenant_context(tenant):
            Repository.objects.create(name=f"{tenant.schema_name}/secret")
    connection.set_tenant(acme)


def run(statement: str) -> list[tuple[object, ...]]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall()) if cursor.description else []


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM globex.compliance_repository",
        "UPDATE globex.compliance_repository SET name = 'x'",
        "DELETE FROM globex.compliance_repository",
        "INSERT INTO globex.compliance_repository (name, web_url, default_branch) VALUES ('x', '', 'main')",
        "SELECT * FROM public.tenants_tenant",
        "SELECT * FROM public.accounts_user",
        "SELECT public.clone_schema('globex', 'stolen')",
        "CREATE TABLE acme.extra (id int)",
        "CREATE TEMPORARY TABLE compliance_repository (name text)",
        "TRUNCATE compliance_repository",
        "ALTER TABLE compliance_repository DISABLE ROW LEVEL SECURITY",
        "SELECT set_config('role', 't_globex', true)",
        "SELECT word FROM ts_stat('SELECT to_tsvector(''simple'', name) FROM globex.compliance_repository')",
        "CREATE SCHEMA stolen",
        "CREATE ROLE stolen",
        "COPY compliance_repository TO '/tmp/stolen'",
    ],
)
def test_raw_sql_past_the_tenant_is_refused(foreign_data: None, statement: str) -> None:
    with pytest.raises(DatabaseError, match=r"permission denied|must be owner|not allowed"):
        run(statement)


def test_a_name_without_a_schema_means_the_tenants_own_table(foreign_data: None, globex: Tenant) -> None:
    assert run("SELECT name FROM compliance_repository") == [("acme/secret",)]
    with tenant_context(globex):
        assert run("SELECT name FROM compliance_repository") == [("globex/secret",)]


def test_public_tables_are_no_part_of_a_tenants_path(foreign_data: None) -> None:
    with pytest.raises(DatabaseError, match="does not exist"):
        run("SELECT * FROM tenants_tenant")


def test_temporary_objects_stand_last_in_the_path(acme: Tenant) -> None:
    assert run("SHOW search_path") == [("acme, extensions, pg_temp",)]


def test_a_rolled_back_switch_is_made_again(foreign_data: None, globex: Tenant) -> None:
    def switch_and_fail() -> None:
        with transaction.atomic():
            connection.set_tenant(globex)
            run("SELECT 1")
            raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011
        switch_and_fail()
    assert run("SELECT name FROM compliance_repository") == [("globex/secret",)]


def test_a_schema_without_a_role_stops_the_work(acme: Tenant) -> None:
    connection.set_tenant(Tenant(schema_name="nobody"))
    with pytest.raises(DatabaseError, match=r'role "\w*nobody" does not exist'):
        User.objects.count()


def test_the_login_role_alone_reads_nothing(acme: Tenant) -> None:
    parameters = connection.get_connection_params()
    keep = {name: parameters[name] for name in ("dbname", "user", "password", "host", "port")}
    with psycopg.connect(**keep, autocommit=True) as own:
        for table in ("acme.compliance_repository", "public.tenants_tenant"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                own.execute(f"SELECT * FROM {table}")
