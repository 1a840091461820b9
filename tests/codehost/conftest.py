"""A tenant with a GitHub, and GitHub itself as a local server."""

from collections.abc import Callable, Iterator

import pytest
from rest_framework.test import APIClient

from compliance.models import CodeHost
from tenants.models import Tenant
from tests.codehost.payloads import SECRET
from tests.codehost.servers import TOKEN, CodeHostServer, GitHubRoutes, GitLabRoutes


@pytest.fixture
def github(acme: Tenant) -> CodeHost:
    """acme's GitHub, which is heard; it has no token to be told with."""
    return CodeHost.objects.create(
        kind="github", name="GitHub", base_url="https://api.github.com", webhook_secret=SECRET
    )


@pytest.fixture
def hook(acme: Tenant, client_for: Callable[..., APIClient]) -> APIClient:
    """Somebody who posts to acme's host, signed in as nobody."""
    return client_for(acme)


@pytest.fixture
def github_server() -> Iterator[CodeHostServer]:
    """GitHub."""
    with CodeHostServer(GitHubRoutes).running() as server:
        yield server


@pytest.fixture
def gitlab_server() -> Iterator[CodeHostServer]:
    """GitLab."""
    with CodeHostServer(GitLabRoutes).running() as server:
        yield server


@pytest.fixture
def told(github_server: CodeHostServer, acme: Tenant) -> CodeHost:
    """acme's GitHub, which is heard and told."""
    return CodeHost.objects.create(
        kind="github", name="GitHub", base_url=github_server.url, webhook_secret=SECRET, token=TOKEN
    )


@pytest.fixture
def told_gitlab(gitlab_server: CodeHostServer, acme: Tenant) -> CodeHost:
    """acme's GitLab, which is heard and told."""
    return CodeHost.objects.create(
        kind="gitlab", name="GitLab", base_url=gitlab_server.url, webhook_secret=SECRET, token=TOKEN
    )
