"""A tenant is a clone of the template: nothing may be missing, or be called otherwise than migrations expect."""

import os

import psycopg
import pytest

CATALOGUES = {
    "tables": "SELECT tablename FROM pg_tables WHERE schemaname = '{schema}'",
    "columns": "SELECT table_name, column_name, data_type, is_nullable, replace(column_default, '{schema}.', '') "
    "FROM information_schema.columns WHERE table_schema = '{schema}'",
    "constraints": "SELECT c.conname, replace(pg_get_constraintdef(c.oid), '{schema}.', '') FROM pg_constraint c "
    "WHERE c.connamespace = '{schema}'::regnamespace AND c.contype <> 'n'",
    "triggers": "SELECT tgname, replace(pg_get_triggerdef(t.oid), '{schema}.', '') FROM pg_trigger t "
    "JOIN pg_class c ON c.oid = tgrelid WHERE c.relnamespace = '{schema}'::regnamespace AND NOT tgisinternal",
    "functions": "SELECT proname, replace(pg_get_functiondef(oid), '{schema}.', '') FROM pg_proc "
    "WHERE pronamespace = '{schema}'::regnamespace",
    "indexes": "SELECT indexname, replace(indexdef, '{schema}.', '') FROM pg_indexes WHERE schemaname = '{schema}'",
}
FEWEST = {"triggers": 3, "functions": 1}


@pytest.mark.django_db
@pytest.mark.parametrize("catalogue", CATALOGUES)
def test_a_clone_is_the_template_to_the_last_name(catalogue: str) -> None:
    with psycopg.connect(os.environ["OWNER_DATABASE_URL"]) as owner:
        found = [
            sorted(owner.execute(CATALOGUES[catalogue].format(schema=schema)).fetchall(), key=repr)
            for schema in ("tenant_template", "acme")
        ]
    assert found[0] == found[1]
    assert len(found[0]) >= FEWEST.get(catalogue, 10)
