"""What every view of the API is made from: one class per operation, its callers and its parameters declared."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend, FilterSet
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api.pagination import KeysetPagination
from core.api.parsers import StrictJSONParser
from core.errors import Invalid


class Endpoint(APIView):
    """A view that says who may call it, and refuses query parameters that it does not know.

    A misspelt filter that is ignored answers everything, and looks like an answer.
    """

    permissions: ClassVar[Mapping[str, str]] = {}
    """Method → permission."""
    parameters: ClassVar[Sequence[str]] = ()
    """Names of the query parameters."""
    parser_classes = [StrictJSONParser]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check the caller, then the query parameters."""
        super().initial(request, *args, **kwargs)
        check_parameters(request, self.known_parameters())

    def known_parameters(self) -> Mapping[str, bool]:
        """Parameter → whether it may stand more than once."""
        return dict.fromkeys(self.parameters, False)


class Listing(Endpoint, GenericAPIView[Any]):
    """Pages of rows, filtered by a ``FilterSet``."""

    filterset_class: type[FilterSet]
    filter_backends = [DjangoFilterBackend]
    pagination_class = KeysetPagination

    def known_parameters(self) -> Mapping[str, bool]:
        """The filters, and what the pagination reads."""
        repeatable = {
            name: getattr(item.field.widget, "allow_multiple_selected", False)
            for name, item in self.filterset_class.base_filters.items()
        }
        return {**repeatable, **dict.fromkeys(("cursor", "page_size"), False)}

    def shaped(self, rows: Sequence[Any], request: Request) -> list[dict[str, Any]]:
        """What is answered for the rows of one page."""
        raise NotImplementedError

    def page(self, request: Request) -> Response:
        """Filter, read one page, shape it."""
        queryset: QuerySet[Any] = self.filter_queryset(self.get_queryset())
        rows = self.paginate_queryset(queryset)
        return self.get_paginated_response(self.shaped(rows or [], request))


def check_parameters(request: Request, known: Mapping[str, bool]) -> None:
    """Refuse parameters that are unknown, stand twice where one counts, or that no database can hold.

    Raises:
        Invalid: names each of them.
    """
    errors: dict[str, list[str]] = {}
    for name, values in request.query_params.lists():
        if name not in known:
            options = ", ".join(sorted(known))
            errors[name] = [f"Unknown parameter; there are: {options}." if options else "There are no parameters."]
        elif len(values) > 1 and not known[name]:
            errors[name] = ["May stand only once."]
        elif any("\x00" in value for value in values):
            errors[name] = ["Null characters are not allowed."]
    if errors:
        raise Invalid("invalid", f"Not valid: {', '.join(errors)}.", errors=errors)
