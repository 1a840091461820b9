"""The system checks that hold the isolation's conditions."""

import os
from typing import Any

import psycopg
import pytest
from django.core.checks import Error, run_checks
from django.db import connection, connections

from tenants.checks import check_isolation_settings, check_login_role, check_pooling

pytestmark = pytest.mark.django_db


def ids(messages: list[Any]) -> list[str | None]:
    return [message.id for message in messages if isinstance(message, Error)]


def test_the_suites_own_settings_pass() -> None:
    assert run_checks(include_deployment_checks=False, databases=["default"]) == []


def test_limited_set_calls_are_refused(settings: Any) -> None:
    settings.TENANT_LIMIT_SET_CALLS = True
    assert ids(check_isolation_settings()) == ["tenants.E001"]


def test_prepared_statements_are_refused(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(settings.DATABASES["default"]["OPTIONS"], "prepare_threshold", 5)
    assert ids(check_isolation_settings()) == ["tenants.E002"]


def sign_in_as(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    stated = psycopg.conninfo.conninfo_to_dict(url)
    monkeypatch.setattr(connections["default"], "get_connection_params", lambda: {**stated, "dbname": stated["dbname"]})


@pytest.mark.parametrize(
    ("role", "says"),
    [("ADMIN_DATABASE_URL", "is a superuser"), ("OWNER_DATABASE_URL", "may create roles")],
)
def test_a_login_role_that_could_pass_the_isolation_is_refused(
    monkeypatch: pytest.MonkeyPatch, role: str, says: str
) -> None:
    sign_in_as(monkeypatch, os.environ[role])
    messages = check_login_role(databases=["default"])
    assert set(ids(messages)) == {"tenants.E004"}
    assert any(says in message.msg for message in messages)


def test_an_owners_process_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "ASSUME_TENANT_ROLE", False)
    assert check_login_role(databases=["default"]) == []
    assert check_pooling(databases=["default"]) == []


def test_a_direct_connection_is_not_taken_for_a_pooler() -> None:
    assert check_pooling(databases=["default"]) == []
