"""Addresses of the pages behind what is answered, as people may click them."""

from uuid import UUID

from django.urls import reverse
from rest_framework.request import Request

_NOBODY = UUID(int=0)


def page_of(request: Request, model: str, key: object) -> str:
    """The absolute address of a row's page in the admin."""
    return request.build_absolute_uri(reverse(f"admin:compliance_{model}_change", args=[key]))


class Pages:
    """The same for many rows with UUIDs: the address is made once, because reversing it takes longer than reading."""

    def __init__(self, request: Request, model: str) -> None:
        self._pattern = page_of(request, model, _NOBODY)

    def of(self, key: UUID) -> str:
        """The absolute address of this row's page."""
        return self._pattern.replace(str(_NOBODY), str(key))
