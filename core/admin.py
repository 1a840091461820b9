"""Bases of every admin class: large tables stay fast, refusals become messages, and nothing is deleted by accident."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

from django.contrib import messages
from django.contrib.admin import ShowFacets
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.functional import cached_property
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.views import ChangeList

from core.admin_cells import page_url_of
from core.admin_forms import refused_form
from core.errors import DomainError

COUNTED = 10_000
"""How many rows a list counts, and so how far it can be leafed through; beyond that people filter."""

Method = TypeVar("Method", bound=Callable[..., Any])


def column(
    description: str,
    *,
    label: bool | Mapping[Any, str] | None = None,
    ordering: str | None = None,
    boolean: bool | None = None,
) -> Callable[[Method], Method]:
    """Unfold's ``display``, typed.

    Args:
        label: colours by value; the method then returns the value, or ``(value, text)``.
    """
    decorate = display(description=description, label=label, ordering=ordering, boolean=boolean)
    return cast(Callable[[Method], Method], decorate)


class CappedPaginator(Paginator):  # type: ignore[type-arg]  # generic to the type checker alone
    """Counts up to ``COUNTED`` rows and no further: COUNT(*) over a million rows takes longer than the page."""

    template_name = "console/pagination.html"
    object_list: Any

    @cached_property
    def count(self) -> int:
        """The number of rows, at most ``COUNTED``."""
        return min(self._counted, COUNTED)

    @property
    def capped(self) -> bool:
        """There are more rows than ``count`` says."""
        return self._counted > COUNTED

    @cached_property
    def _counted(self) -> int:
        if isinstance(self.object_list, QuerySet):
            return self.object_list.order_by()[: COUNTED + 1].count()
        return len(self.object_list)


class ConsoleChangeList(ChangeList):
    """A change list that leaves wide columns in the table and never counts it all."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: list[str | None] | None = None) -> QuerySet[Any]:
        """The rows, without the columns that the list does not show."""
        rows: QuerySet[Any] = super().get_queryset(request, exclude_parameters)
        return rows.defer(*self.model_admin.list_defer) if self.model_admin.list_defer else rows

    def get_filters_params(self, params: Any = None) -> Any:
        """Without ``view``, which says that nothing is filtered, and not merely that nothing was said."""
        found = super().get_filters_params(params)
        return {name: value for name, value in found.items() if name != "view"}

    def get_results(self, request: HttpRequest) -> None:
        """One page. The same number twice keeps Unfold from offering the unfiltered count."""
        super().get_results(request)
        self.full_result_count = self.result_count


class ConsoleAdmin(ModelAdmin):
    """What every model's pages share."""

    paginator = CappedPaginator
    show_full_result_count = False
    # Counting each filter's rows would read the table once a filter.
    show_facets = ShowFacets.NEVER
    list_per_page = 50
    list_fullwidth = True
    list_filter_submit = True
    list_defer: tuple[str, ...] = ()
    save_on_top = False
    add_form_template = "admin/change_form.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ConsoleChangeList]:
        """The change list's class."""
        return ConsoleChangeList

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list; a POST is an action, and who has none may not post."""
        if request.method == "POST" and not self.get_actions(request):
            raise PermissionDenied
        response: HttpResponse = super().changelist_view(request, extra_context)
        return response

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The form; what a service refuses is rolled back and said on the same page, at the fields that it names."""
        asked = (request, object_id, form_url, extra_context)
        response: HttpResponse
        try:
            response = super().changeform_view(*asked)
        except DomainError as error:
            if not error.errors:
                messages.error(request, error.message)
                return HttpResponseRedirect(request.get_full_path())
            # Once more, with a form that knows of the refusal: it keeps what was typed in.
            request.refusal = error  # type: ignore[attr-defined]
            response = super().changeform_view(*asked)
        return response

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The form; refused where a service has said no to what it holds."""
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        refusal = getattr(request, "refusal", None)
        return refused_form(form, refusal) if refusal else form

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Model | None = None, **kwargs: Any
    ) -> HttpResponse:
        """The form, with what a page of one's own (``console/page.html``) shows of the object."""
        if obj is not None:
            context |= self.page_context(request, obj)
        response: HttpResponse = super().render_change_form(request, context, *args, obj=obj, **kwargs)
        return response

    def page_context(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        """What the template of ``change_form_template`` shows of an object."""
        return {}

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """There is none: see ``log_change``."""
        raise Http404

    # Django's own log points at content types, whose ids it remembers per process, while every schema has its own.
    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """Write nothing."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """Write nothing."""

    def log_deletion(self, request: HttpRequest, obj: Any, object_repr: Any) -> None:
        """Write nothing."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None:
        """Write nothing."""


class KeptAdmin(ConsoleAdmin):
    """Rows that are edited here, but neither made nor deleted by hand."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False


class OneRowAdmin(KeptAdmin):
    """One form, no list: of a model with ``PK``, its only key, and ``current()``."""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Go to the form, who may see it. Nothing is done to a list of one."""
        if request.method != "GET" or not self.has_view_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(page_url_of(self.model, self.model.PK))

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The row; the defaults where nothing was ever changed."""
        return self.model.current() if object_id == str(self.model.PK) else None


class ReadOnlyAdmin(KeptAdmin):
    """Rows that services write and people read."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False
