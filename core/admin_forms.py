"""Form fields that several admins use."""

from collections.abc import Iterable
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextareaWidget

from core.errors import DomainError


class LinesField(forms.CharField):
    """A list of texts, one a line. Blank lines are left out."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"widget": UnfoldAdminTextareaWidget(attrs={"rows": 4}), **kwargs})

    def prepare_value(self, value: Any) -> Any:
        """What the text area shows."""
        return value if isinstance(value, str) or not isinstance(value, Iterable) else "\n".join(value)

    def to_python(self, value: Any) -> Any:
        """The lines."""
        return [line.strip() for line in (super().to_python(value) or "").splitlines() if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether the lines differ."""
        return bool(list(initial or []) != self.to_python(data or ""))


class SecretField(forms.CharField):
    """A secret that is written and never shown: left empty, the stored one stays."""

    def __init__(self, **options: Any) -> None:
        widget = UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}, render_value=False)
        super().__init__(required=False, widget=widget, **options)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether one was typed in."""
        return bool(data)


def refused_form(form: Any, refusal: DomainError) -> Any:
    """The same form, never valid: it says what a service has refused, at the fields that the refusal names."""

    def clean(self: Any) -> Any:
        cleaned = form.clean(self)
        for field, texts in refusal.errors.items():
            self.add_error(field if field in self.fields else None, texts)
        return cleaned

    return type(form)(form.__name__, (form,), {"clean": clean})
