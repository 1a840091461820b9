"""Recording what is edited in an admin whose models have no service of their own."""

from typing import Any, cast

from django.db import models, transaction
from django.http import HttpRequest
from django.utils import timezone

from audit.services import Resource, record_entry
from core.admin import ConsoleAdmin


class RecordedAdmin(ConsoleAdmin):
    """Where Django would write its own history, write audit entries: in the transaction of the form."""

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        """What ``log_addition`` and ``log_change`` are told: values by name, before and after."""
        before, after = _sides_of(form)
        for formset in formsets or ():
            name = str(formset.model._meta.verbose_name_plural)
            if formset.has_changed():
                before[name] = [str(inner.initial) for inner in formset.initial_forms if inner.has_changed()]
                after[name] = [_side(inner, formset) for inner in formset.forms if inner.has_changed()]
        return before, after

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """Record a new one."""
        self.record(request, obj, "added", after=message[1])

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """Record an edit; a form that was saved as it stood is none."""
        before, after = message
        if before or after:
            self.record(request, obj, "edited", before=before, after=after)

    def response_action(self, request: HttpRequest, queryset: Any) -> Any:
        """Run an action, deletion of the selected among them, as one transaction with its entries."""
        with transaction.atomic():
            return super().response_action(request, queryset)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None:
        """Record that each of them is deleted."""
        for obj in queryset:
            self.record(request, obj, "deleted")

    def record(self, request: HttpRequest, resource: Resource, verb: str, **sides: Any) -> None:
        """Record what an action of one's own has done, as its last step."""
        action = f"{self.opts.model_name}.{verb}"
        by = cast(models.Model, request.user)
        record_entry(action=action, resource=resource, by=by, at=timezone.now(), **sides)


def _sides_of(form: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    names = [name for name in form.changed_data if name in form.cleaned_data]
    return {name: form.initial.get(name) for name in names}, {name: form.cleaned_data[name] for name in names}


def _side(form: Any, formset: Any) -> Any:
    deleted = formset.can_delete and form in formset.deleted_forms
    return "deleted" if deleted else {name: form.cleaned_data.get(name) for name in form.changed_data}
