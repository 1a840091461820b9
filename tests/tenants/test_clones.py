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
    "indexes": "SELECT indexname, replace(indexdef, '{schema}.', '') FROM pg_indexes WHERE schemaname = '{schema}'",
}


@pytest.mark.django_db
@pytest.mark.parametrize("catalogue", CATALOGUES)
def test_a_clone_is_the_template_to_the_last_name(catalogue: str) -> None:
    with psycopg.connect(os.environ["OWNER_DATABASE_URL"]) as owner:
        found = [
            sorted(owner.execute(CATALOGUES[catalogue].format(schema=schema)).fetchall(), key=repr)
            for schema in ("tenant_template", "acme")
        ]
    assert found[0] == found[1]
    assert len(found[0]) > 10
