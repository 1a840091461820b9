"""What people fill in to ask and to decide."""

from typing import Any

from django import forms
from unfold.widgets import (
    INPUT_CLASSES,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from core.errors import DomainError
from overrides.choices import Kind
from overrides.limits import EVIDENCE_TYPES, MAX_EVIDENCE_BYTES, MIB, MIN_REASON_CHARS

_MOMENT = "%Y-%m-%dT%H:%M"


class MomentField(forms.DateTimeField):
    """A time in UTC, by the browser's own picker."""

    def __init__(self, **kwargs: Any) -> None:
        picker = forms.DateTimeInput(format=_MOMENT, attrs={"type": "datetime-local", "class": " ".join(INPUT_CLASSES)})
        super().__init__(widget=picker, input_formats=[_MOMENT, "%Y-%m-%dT%H:%M:%S"], required=False, **kwargs)


def _reason(**kwargs: Any) -> forms.CharField:
    return forms.CharField(widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}), strip=True, **kwargs)


class AskForm(forms.Form):
    """A request."""

    kind = forms.ChoiceField(choices=Kind.choices, widget=UnfoldAdminSelectWidget(), label="What is it?")
    reason = _reason(help_text=f"At least {MIN_REASON_CHARS} characters: what is the risk, and why is it worth it?")
    wished_until = MomentField(label="Until", help_text="In UTC. Empty: as long as your organisation allows.")
    evidence_url = forms.CharField(
        label="Evidence: link", required=False, widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "https://"})
    )
    evidence = forms.FileField(
        label="Evidence: file",
        required=False,
        help_text=f"{', '.join(EVIDENCE_TYPES)}; {MAX_EVIDENCE_BYTES // MIB} MiB at most.",
    )

    def refuse(self, error: DomainError) -> None:
        """Say at its fields what a service has refused."""
        names = {"expires_at": "wished_until"}
        for field, texts in error.errors.items():
            name = names.get(field, field)
            for text in texts:
                self.add_error(name if name in self.fields else None, text)
        if not error.errors:
            self.add_error(None, error.message)


class ApproveForm(forms.Form):
    """An approval of what was seen."""

    expires_at = MomentField(label="Until", help_text="In UTC. Empty: as wished, or as long as is allowed.")
    note = _reason(required=False, label="Note")
    seen = forms.CharField(widget=forms.HiddenInput(), required=False)


class ReasonForm(forms.Form):
    """A reason."""

    reason = _reason(label="Reason")


class BulkForm(forms.Form):
    """One decision about several requests."""

    reason = _reason(label="Reason", help_text="Stands at each of them.")
    expires_at = MomentField(label="Until", help_text="In UTC, for all of them. Empty: as each wished.")
