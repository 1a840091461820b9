"""acme's own identity provider, and CI services whose word is taken."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from accounts.models import Issuer
from accounts.signing_keys import forget
from tenants.models import Tenant
from tests.accounts.provider import AUDIENCE, Provider
from tests.clients import TenantAPIClient


@pytest.fixture
def provider() -> Iterator[Provider]:
    """An identity provider of which we know no key yet."""
    forget()
    with Provider().running() as made:
        yield made


@pytest.fixture
def issuer(provider: Provider, acme: Tenant) -> Issuer:
    """The provider, trusted by acme for its people."""
    return Issuer.objects.create(
        slug="login",
        name="Acme sign-in",
        kind="people",
        issuer=provider.url,
        audience=AUDIENCE,
        tenant_claim="org",
        tenant_value="acme",
        role_claim="groups",
        roles={"platform": "compliance_admin", "heads": "tenant_admin"},
        creates_people=True,
    )


@pytest.fixture
def github_jobs(provider: Provider, acme: Tenant) -> Issuer:
    """The provider as GitHub Actions, trusted by acme for jobs of its own repositories."""
    return Issuer.objects.create(
        slug="github",
        name="GitHub Actions",
        kind="github",
        issuer=provider.url,
        audience=AUDIENCE,
        repositories=["acme/*"],
    )


@pytest.fixture
def bearer(acme: Tenant) -> Callable[..., TenantAPIClient]:
    """A script with a token: ``bearer(token)``, ``bearer(token, tenant=globex)``."""

    def make(token: str, *, tenant: Tenant = acme, **options: Any) -> TenantAPIClient:
        client = TenantAPIClient(tenant, **options)
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
        return client

    return make
