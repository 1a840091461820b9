"""The tiers' policies, and the switch for emergencies."""

from datetime import timedelta
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from accounts.models import User
from alerts.admin.labels import TIERS, cell
from alerts.choices import ChannelKind, Frequency, Tier
from alerts.durations import read_duration, write_duration
from alerts.escalation import Step
from alerts.models import AlertPolicy, AlertSettings
from alerts.services.policies import edit_policy
from alerts.services.silencing import declare_emergency
from core.admin import KeptAdmin, OneRowAdmin, column
from core.admin_cells import NONE, moment
from core.admin_forms import LinesField
from core.admin_sites import public_site

_KINDS = ", ".join(kind for kind in ChannelKind.values if kind != ChannelKind.IN_APP)
_NAMES = f"Kinds ({_KINDS}) or one by its name (slack:team); email:managers."
_ENDED = "0"
_SPANS = [(_ENDED, "End it now"), ("1", "For 1 hour"), ("4", "For 4 hours"), ("24", "For 1 day"), ("72", "For 3 days")]


class LengthField(forms.CharField):
    """A length of time, as 15m, 4h or 1d."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=UnfoldAdminTextInputWidget(), **options)

    def prepare_value(self, value: Any) -> Any:
        """What the box shows."""
        return write_duration(value) if isinstance(value, timedelta) else value

    def to_python(self, value: Any) -> Any:
        """The length; None where the box is empty."""
        text = super().to_python(value)
        try:
            return read_duration(text) if text else None
        except ValueError as error:
            raise ValidationError(str(error)) from error

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether another one was typed in."""
        return bool((self.prepare_value(initial) or "") != (data or "").strip())


class ChainField(LinesField):
    """Steps of an escalation, one a line."""

    def to_python(self, value: Any) -> Any:
        """The steps."""
        return [_step(line) for line in super().to_python(value)]

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether the lines differ."""
        return list(initial or []) != [line.strip() for line in (data or "").splitlines() if line.strip()]


class PolicyForm(forms.ModelForm[AlertPolicy]):
    """What of a policy people edit."""

    channels = LinesField(required=False, help_text=f"One a line. {_NAMES}")
    deduplication_window = LengthField(help_text="The same facts are not repeated inside it: 1h.")
    aggregation_window = LengthField(
        required=False, help_text="News of this long go out together once they reach the threshold: 1h."
    )
    steps = ChainField(
        label="Escalation",
        required=False,
        help_text="One step a line, each after the last: 15m: pagerduty. Alerts under way keep theirs.",
    )

    class Meta:
        model = AlertPolicy
        fields = [
            "channels",
            "threshold",
            "deduplication_window",
            "frequency",
            "aggregation_window",
            "max_per_day",
            "summary_time",
            "quiet_hours",
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["steps"] = [written_step(step) for step in self.instance.chain]

    def clean(self) -> dict[str, Any]:
        """Say at its field what the database would refuse as a whole."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        frequency = cleaned.get("frequency", Frequency.IMMEDIATE)
        if frequency != Frequency.IMMEDIATE and not cleaned.get("summary_time"):
            self.add_error("summary_time", f"A {frequency} summary needs a time.")
        return cleaned


@admin.register(AlertPolicy)
@admin.register(AlertPolicy, site=public_site)
class AlertPolicyAdmin(KeptAdmin):
    """One a tier."""

    form = PolicyForm
    list_display = ["tier_label", "tells", "threshold", "frequency", "quiet_hours", "then"]
    list_display_links = ["tier_label"]
    ordering = ["tier"]
    sortable_by: tuple[str, ...] = ()

    def get_fieldsets(self, request: HttpRequest, obj: AlertPolicy | None = None) -> Any:
        """Who may not edit reads the chain as a sentence."""
        edits = self.has_change_permission(request, obj)
        return [
            (None, {"fields": ["channels", ("threshold", "deduplication_window")]}),
            (
                "Together instead of one by one",
                {"fields": [("frequency", "summary_time"), ("aggregation_window", "max_per_day")]},
            ),
            ("Undisturbed", {"fields": ["quiet_hours"]}),
            ("While nobody acknowledges", {"fields": ["steps" if edits else "then"]}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: AlertPolicy | None = None) -> list[str]:
        """Only what is a sentence."""
        return ["then"]

    def save_model(self, request: HttpRequest, obj: AlertPolicy, form: Any, change: bool) -> None:
        """Let the service change it."""
        names = {"steps": "escalation"}
        changes = {names.get(name, name): form.cleaned_data[name] for name in form.changed_data}
        edit_policy(tier=Tier(obj.pk), changes=changes, by=cast(User, request.user), at=timezone.now())

    @column("Tier", label=TIERS)
    def tier_label(self, policy: AlertPolicy) -> tuple[str, str]:
        """Which."""
        return cell(Tier(policy.tier))

    @column("Tells")
    def tells(self, policy: AlertPolicy) -> str:
        """Whom first."""
        return ", ".join(policy.channels) or NONE

    @column("Unless acknowledged")
    def then(self, policy: AlertPolicy) -> str:
        """Whom next."""
        return "; ".join(f"after {written_step(step)}" for step in policy.chain) or NONE


class EmergencyForm(forms.ModelForm[AlertSettings]):
    """For how long everything passes."""

    passes = forms.ChoiceField(
        label="Let everything pass",
        choices=_SPANS,
        widget=UnfoldAdminSelectWidget,
        help_text="Neither quiet hours nor holidays hold messages back, and what waits for them goes out at once.",
    )

    class Meta:
        model = AlertSettings
        fields: list[str] = []


@admin.register(AlertSettings)
@admin.register(AlertSettings, site=public_site)
class AlertSettingsAdmin(OneRowAdmin):
    """One form, no list."""

    form = EmergencyForm
    readonly_fields = ["now"]

    def get_fields(self, request: HttpRequest, obj: AlertSettings | None = None) -> list[str]:
        """Who may not declare an emergency is told whether there is one."""
        return ["now", "passes"] if self.has_change_permission(request, obj) else ["now"]

    def save_model(self, request: HttpRequest, obj: AlertSettings, form: Any, change: bool) -> None:
        """Let the service declare it, or end it."""
        at, hours = timezone.now(), form.cleaned_data["passes"]
        until = None if hours == _ENDED else at + timedelta(hours=int(hours))
        declare_emergency(until=until, by=cast(User, request.user), at=at)

    @column("Emergency")
    def now(self, settings: AlertSettings) -> str:
        """Whether there is one."""
        if not settings.emergency(timezone.now()):
            return "None: quiet hours and holidays hold back what can wait."
        return f"Everything passes until {moment(settings.everything_passes_until)} UTC."


def written_step(step: Step) -> str:
    """A step as a line."""
    return f"{write_duration(step.delay)}: {', '.join(step.channels)}"


def _step(line: str) -> Step:
    delay, colon, channels = line.partition(":")
    names = [name.strip() for name in channels.split(",") if name.strip()]
    try:
        if not colon or not names:
            raise ValueError("Expected a time, a colon and channels: 15m: pagerduty.")
        return Step(read_duration(delay), tuple(names))
    except ValueError as error:
        raise ValidationError(f"{line[:60]}: {error}") from error
