"""Form fields that several admins use."""

from collections.abc import Iterable
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextareaWidget


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
