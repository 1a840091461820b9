"""Commands that make people and tokens: what they make, what they refuse, what they leave alone."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django_tenants.utils import schema_context

from accounts.models import CIToken, User
from accounts.services import issue_ci_token, revoke_ci_token
from tenants.models import Tenant

REVOKED_AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
SECRET = "fct_demo"


def create_user(*argv: str) -> str:
    said = io.StringIO()
    call_command("create_user", *argv, stdout=said)
    return said.getvalue()


def test_a_user_is_made_in_the_tenant_with_a_password_that_is_printed_once(acme: Tenant) -> None:
    said = create_user("--tenant", "acme", "--username", "kim", "--role", "compliance_admin").splitlines()
    with schema_context("acme"):
        kim = User.objects.get(username="kim")
        assert said == ["kim: compliance_admin of acme", f"password: {said[1].removeprefix('password: ')}"]
        assert kim.check_password(said[1].removeprefix("password: "))
        assert [group.name for group in kim.groups.all()] == ["compliance_admin"]
    with schema_context("globex"):
        assert not User.objects.filter(username="kim").exists()


def test_an_operator_is_made_with_the_password_from_stdin(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("staple battery\n"))
    assert create_user("--operator", "--username", "kim", "--password-stdin") == "kim: operator of the platform\n"
    with schema_context("public"):
        kim = User.objects.get(username="kim")
        assert (kim.is_superuser, kim.check_password("staple battery")) == (True, True)


def test_a_user_who_exists_is_replaced_only_on_demand(acme: Tenant) -> None:
    arguments = ("--tenant", "acme", "--username", "kim", "--role")
    create_user(*arguments, "compliance_viewer")
    with pytest.raises(CommandError, match=r"kim exists\. With --replace"):
        create_user(*arguments, "tenant_admin")
    assert create_user(*arguments, "tenant_admin", "--replace").startswith("kim: tenant_admin of acme\n")


@pytest.mark.parametrize(
    ("argv", "complaint"),
    [
        (("--tenant", "initech", "--username", "kim", "--role", "tenant_admin"), "initech is no tenant"),
        (("--tenant", "acme", "--username", "kim"), "needs a --role"),
        (("--operator", "--username", "kim", "--role", "tenant_admin"), "has none"),
        (("--operator", "--username", "k i m"), "valid username"),
        (("--operator", "--username", "kim", "--password-stdin"), "too short"),
    ],
)
def test_what_makes_no_user_says_why(
    acme: Tenant, monkeypatch: pytest.MonkeyPatch, argv: tuple[str, ...], complaint: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("x\n"))
    with pytest.raises(CommandError, match=complaint):
        create_user(*argv)


def test_a_token_of_the_demo_that_was_revoked_stays_revoked(acme: Tenant, tmp_path: Path) -> None:
    token, _ = issue_ci_token(name="demo", repositories=["*"], by=None, token=SECRET)
    revoke_ci_token(token, by=None, at=REVOKED_AT)
    seed = tmp_path / "seed.json"
    tenants = {"acme": {"ci_token": SECRET, "users": {}}}
    seed.write_text(json.dumps({"public": {"username": "operator", "password": "p"}, "tenants": tenants}))
    said = io.StringIO()
    call_command("seed_demo", str(seed), stdout=said)
    assert said.getvalue() == "acme: 0 users and a CI token that was revoked and stays so\n"
    with schema_context("acme"):
        assert [token.revoked_at for token in CIToken.objects.all()] == [REVOKED_AT]
