"""Channels: one form a kind, made from what its transport wants to know."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesDropdownFilter
from unfold.widgets import UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from accounts.models import User
from alerts.admin.posting import button
from alerts.channels import TRANSPORTS, transport_of
from alerts.channels.base import Entry
from alerts.choices import ChannelKind
from alerts.models import Channel, Delivery
from alerts.services.channels import add_channel, edit_channel, secrets_of, switch_off, switch_on
from alerts.services.testing import send_test
from core.admin import KeptAdmin, column
from core.admin_cells import NONE, list_url, moment
from core.admin_forms import LinesField, SecretField
from core.admin_sites import public_site
from core.encryption import MASK, SecretUnreadable
from core.errors import NotFound

_OWN = ["name", "general"]


class ChannelForm(forms.ModelForm[Channel]):
    """What all kinds share; the kind's own entries are added to it."""

    class Meta:
        model = Channel
        fields = ["name", "general"]
        widgets = {"name": UnfoldAdminTextInputWidget(), "general": UnfoldBooleanSwitchWidget()}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {**self.instance.settings, **self.initial}
        stored = _stored_secrets(self.instance)
        for name, field in self.fields.items():
            if isinstance(field, SecretField) and stored.get(name):
                field.widget.attrs["placeholder"] = MASK
                field.help_text = f"{field.help_text} Empty: the stored one stays.".strip()


@admin.register(Channel)
@admin.register(Channel, site=public_site)
class ChannelAdmin(KeptAdmin):
    """Where messages go. Channels are switched off, not deleted: what was sent names them."""

    change_form_outer_after_template = "console/alert_channel.html"
    list_display = ["name", "kind", "general", "enabled", "trouble"]
    list_filter = [("kind", ChoicesDropdownFilter), ("enabled", BooleanRadioFilter)]
    search_fields = ["name"]
    ordering = ["kind", "name"]
    readonly_fields = ["entered"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Compliance admins."""
        return bool(request.user.has_perm("alerts.add_channel"))

    def get_urls(self) -> list[URLPattern]:
        """Also the addresses of the page's buttons."""
        deeds = {"on": _switch_on, "off": _switch_off, "test": _send_test}
        own = [
            button(
                self,
                f"alerts_channel_{name}",
                route=f"<int:key>/{name}/",
                permission="alerts.change_channel",
                deed=deed,
            )
            for name, deed in deeds.items()
        ]
        return [*own, *super().get_urls()]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """First the kind, then its form."""
        if self.has_add_permission(request) and not _kind_of(request, None):
            kinds = [(kind, ChannelKind(kind).label) for kind in TRANSPORTS if kind != ChannelKind.IN_APP]
            context = {**self.admin_site.each_context(request), "opts": self.opts, "title": "Add channel"}
            return TemplateResponse(request, "console/alert_channel_kinds.html", {**context, "kinds": kinds})
        response: HttpResponse = super().add_view(request, form_url, extra_context)
        return response

    def get_fields(self, request: HttpRequest, obj: Channel | None = None) -> list[str]:
        """Who may not edit is told what was entered, secrets aside."""
        if obj is not None and not self.has_change_permission(request, obj):
            return ["kind", *_OWN, "entered"]
        return [*_OWN, *_entries(_kind_of(request, obj))]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The kind's form."""
        kind = _kind_of(request, obj)
        editing = obj is None or self.has_change_permission(request, obj)
        fields: dict[str, Any] = {name: _field(entry) for name, entry in _entries(kind).items()} if editing else {}
        form = type("ChannelForm", (ChannelForm,), fields)
        return super().get_form(request, obj, change=change, **{"form": form, **kwargs})

    def save_model(self, request: HttpRequest, obj: Channel, form: Any, change: bool) -> None:
        """Let the service save it."""
        by, at = cast(User, request.user), timezone.now()
        if change:
            edit_channel(obj.pk, changes={name: form.cleaned_data[name] for name in form.changed_data}, by=by, at=at)
            return
        given = dict(form.cleaned_data)
        name, general = given.pop("name"), given.pop("general")
        obj.pk = add_channel(kind=_kind_of(request, None), name=name, values=given, general=general, by=by, at=at).pk

    def page_context(self, request: HttpRequest, obj: Channel) -> dict[str, Any]:
        """What stands under the form."""
        return {
            "alert_channel": obj,
            "may_switch": self.has_change_permission(request, obj),
            "paused_until": _paused(obj),
            "deliveries_page": list_url(Delivery, channel__id__exact=obj.pk),
        }

    @column("Trouble")
    def trouble(self, channel: Channel) -> str:
        """Why it is off, or waits."""
        if not channel.enabled:
            return channel.disabled_reason or "Switched off"
        paused = _paused(channel)
        return f"Paused until {paused} UTC after {channel.failures} failures" if paused else NONE

    @column("Entered")
    def entered(self, channel: Channel) -> SafeString | str:
        """What is not secret."""
        rows = ((name, ", ".join(value) if isinstance(value, list) else value) for name, value in _plain(channel))
        return format_html_join("", '<span class="block">{}: {}</span>', rows) or NONE


def _kind_of(request: HttpRequest, obj: Channel | None) -> str:
    kind = obj.kind if obj is not None else request.GET.get("kind", "")
    return kind if kind in TRANSPORTS and (obj is not None or kind != ChannelKind.IN_APP) else ""


def _entries(kind: str) -> dict[str, Entry]:
    return {entry.name: entry for entry in transport_of(kind).entries} if kind else {}


def _field(entry: Entry) -> forms.Field:
    shown: dict[str, Any] = {"label": entry.label, "help_text": entry.help}
    if entry.secret:
        return SecretField(**shown)
    if entry.many:
        return LinesField(required=entry.required, **shown)
    return forms.CharField(required=entry.required, widget=UnfoldAdminTextInputWidget(), **shown)


def _plain(channel: Channel) -> list[tuple[str, Any]]:
    entries = _entries(channel.kind)
    return [(entries[name].label, value) for name, value in channel.settings.items() if name in entries]


def _stored_secrets(channel: Channel) -> dict[str, str]:
    """Which there are. Where the keys are gone the page still opens, and they can be entered anew."""
    try:
        return secrets_of(channel)
    except SecretUnreadable:
        return {}


def _paused(channel: Channel) -> str:
    waits = channel.paused_until is not None and channel.paused_until > timezone.now()
    return moment(channel.paused_until) if waits else ""


def _switch_on(request: HttpRequest, key: int, by: User) -> str:
    switch_on(key, by=by, at=timezone.now())
    return "Switched on: what waits for it goes out, unless it is too old."


def _switch_off(request: HttpRequest, key: int, by: User) -> str:
    switch_off(key, reason=request.POST.get("reason", ""), by=by, at=timezone.now())
    return "Switched off."


def _send_test(request: HttpRequest, key: int, by: User) -> str:
    channel = Channel.objects.filter(pk=key).first()
    if channel is None:
        raise NotFound("not_found", "There is no such channel.")
    sent = len(send_test(channel, by=by, at=timezone.now()))
    return f"{sent} test message{' is' if sent == 1 else 's are'} on the way: what went through it says how that went."
