"""Silences: what nobody wants to hear of for a while."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminSplitDateTimeWidget, UnfoldAdminTextInputWidget

from accounts.models import User
from alerts.choices import Tier
from alerts.models import Silence
from alerts.services.silencing import add_silence, end_silence
from core.admin import ReadOnlyAdmin, column
from core.admin_cells import moment
from core.admin_sites import public_site
from core.errors import DomainError

_STATES = {"active": "warning", "ended": "default"}


class SilenceForm(forms.ModelForm[Silence]):
    """What it matches, until when, and why. An empty box matches everything."""

    tier = forms.ChoiceField(required=False, choices=[("", "All"), *Tier.choices], widget=UnfoldAdminSelectWidget)
    until = forms.SplitDateTimeField(label="Until (UTC)", widget=UnfoldAdminSplitDateTimeWidget)

    class Meta:
        model = Silence
        fields = ["tier", "repository", "rule", "key", "until", "reason"]
        widgets = {name: UnfoldAdminTextInputWidget() for name in ("repository", "rule", "key", "reason")}


@admin.register(Silence)
@admin.register(Silence, site=public_site)
class SilenceAdmin(ReadOnlyAdmin):
    """Made, and ended, but never rewritten: the audit log says what was silent when."""

    form = SilenceForm
    list_display = ["reason", "matches", "state", "ends", "created_by"]
    search_fields = ["reason", "repository", "rule", "created_by"]
    ordering = ["-until"]
    sortable_by: tuple[str, ...] = ()
    actions = ["end_selected"]
    fields = ["tier", "repository", "rule", "key", "until", "reason"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Compliance admins."""
        return bool(request.user.has_perm("alerts.add_silence"))

    def has_end_permission(self, request: HttpRequest) -> bool:
        """Compliance admins, although nobody edits a silence."""
        return bool(request.user.has_perm("alerts.change_silence"))

    def get_fields(self, request: HttpRequest, obj: Silence | None = None) -> list[str]:
        """Of a stored one also who made it and whether it ended."""
        return [*self.fields, *(["created_by", "created_at", "ended_at"] if obj else [])]

    def save_model(self, request: HttpRequest, obj: Silence, form: Any, change: bool) -> None:
        """Let the service add it."""
        add_silence(obj, by=cast(User, request.user), at=timezone.now())

    @admin.action(description="End now", permissions=["end"])
    def end_selected(self, request: HttpRequest, queryset: QuerySet[Silence]) -> None:
        """Let what the selected ones match be heard again."""
        for key in list(queryset.values_list("pk", flat=True)):
            try:
                end_silence(key, by=cast(User, request.user), at=timezone.now())
                messages.success(request, "It can be heard again.")
            except DomainError as error:
                messages.warning(request, error.message)

    @column("Mutes")
    def matches(self, silence: Silence) -> str:
        """What it matches."""
        tier = str(Tier(silence.tier).label) if silence.tier in Tier.values else silence.tier
        parts = [tier, silence.repository, silence.rule, "one alert" if silence.key else ""]
        return ", ".join(part for part in parts if part) or "Everything"

    @column("State", label=_STATES)
    def state(self, silence: Silence) -> tuple[str, str]:
        """Whether it still mutes."""
        active = silence.ended_at is None and silence.until > timezone.now()
        return ("active", "Active") if active else ("ended", "Ended")

    @column("Until (UTC)")
    def ends(self, silence: Silence) -> str:
        """To the minute."""
        return moment(silence.ended_at or silence.until)
