"""Secrets at rest: unreadable in the table and to another tenant, readable after a new key."""

import pytest
from django.core.exceptions import FieldError
from django.db import connection as plain_connection
from django.test import override_settings
from django_tenants.utils import tenant_context

from compliance.models import CodeHost
from core.encryption import MASK, Secret, SecretUnreadable
from tenants.models import Tenant

TOKEN = "ghp_a-token-nobody-may-read"


def stored() -> str:
    with plain_connection.cursor() as cursor:
        cursor.execute("SELECT token FROM compliance_codehost")
        return str(cursor.fetchone()[0])


@pytest.fixture
def host(db: None) -> CodeHost:
    return CodeHost.objects.create(kind="github", name="GitHub", base_url="https://api.github.com", token=TOKEN)


def test_a_secret_comes_back_and_its_row_does_not_hold_it(host: CodeHost) -> None:
    assert CodeHost.objects.get().token.reveal() == TOKEN
    assert TOKEN not in stored()


def test_saving_again_leaves_the_ciphertext_alone(host: CodeHost) -> None:
    before = stored()
    CodeHost.objects.get().save()
    assert stored() == before


def test_no_secret_is_an_empty_column(host: CodeHost) -> None:
    CodeHost.objects.update(token="")
    assert (stored(), bool(CodeHost.objects.get().token)) == ("", False)


def test_another_tenant_cannot_read_the_ciphertext(host: CodeHost, globex: Tenant) -> None:
    secret = CodeHost.objects.get().token
    with tenant_context(globex), pytest.raises(SecretUnreadable):
        secret.reveal()


def test_a_new_key_in_front_writes_and_the_old_one_still_reads(host: CodeHost) -> None:
    with override_settings(FIELD_ENCRYPTION_KEYS=["new" * 12, *_keys()]):
        loaded = CodeHost.objects.get()
        assert loaded.token.reveal() == TOKEN
        loaded.token = TOKEN
        loaded.save()
    with override_settings(FIELD_ENCRYPTION_KEYS=["new" * 12]):
        assert CodeHost.objects.get().token.reveal() == TOKEN


def test_without_its_key_the_row_can_be_read_and_the_secret_cannot(host: CodeHost) -> None:
    with override_settings(FIELD_ENCRYPTION_KEYS=["other" * 8]):
        loaded = CodeHost.objects.get()
        assert (loaded.name, str(loaded.token)) == ("GitHub", MASK)
        with pytest.raises(SecretUnreadable):
            loaded.token.reveal()


def test_a_secret_is_printed_as_a_mask(host: CodeHost) -> None:
    assert {str(host.token), f"{host.token}"} == {MASK}
    assert TOKEN not in repr(host.token)
    assert str(Secret()) == ""


def test_a_secret_cannot_be_searched(host: CodeHost) -> None:
    with pytest.raises(FieldError):
        CodeHost.objects.filter(token=TOKEN).exists()


def _keys() -> list[str]:
    from django.conf import settings

    return list(settings.FIELD_ENCRYPTION_KEYS)
