"""What a caller may see: a CI token speaks for the repositories that it names, people for all."""

from rest_framework.request import Request

from accounts.authentication import ci_token_of
from compliance.models import PullRequest, Repository
from core.errors import Forbidden


def covers(request: Request, repository: str) -> bool:
    """Whether the caller may know of this repository."""
    token = ci_token_of(request)
    return token is None or token.covers(repository)


def ensure_covers(request: Request, repository: str) -> None:
    """Refuse a CI token that does not name the repository.

    Raises:
        Forbidden: it does not.
    """
    if not covers(request, repository):
        raise Forbidden("repository_not_covered", f"This token may not speak for {repository}.")


def covered_repositories(request: Request) -> list[int] | None:
    """Keys of the repositories that the caller may know of; None where it may know of all."""
    token = ci_token_of(request)
    if token is None or "*" in token.repositories:
        return None
    return [key for key, name in Repository.objects.values_list("pk", "name") if token.covers(name)]


def only_covered(request: Request, pulls: list[PullRequest]) -> list[PullRequest]:
    """The pull requests among these that the caller may know of.

    Raises:
        Forbidden: there are some, and all of them are of repositories that the token does not name.
    """
    known = [pull for pull in pulls if covers(request, pull.repository.name)]
    if pulls and not known:
        # Their names are not this token's to know.
        raise Forbidden("repository_not_covered", "This token may not speak for the repositories that have one.")
    return known
