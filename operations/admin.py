"""The operators' admin: tenants, and beat's schedule, whose own admin stands on the tenants' site and looks foreign."""

from collections.abc import Callable
from typing import Any, cast

import django_celery_beat.admin as beat
from django import forms
from django.contrib import admin, messages
from django.core.validators import RegexValidator
from django.db.models import Prefetch, QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.utils import timezone
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesDropdownFilter
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from accounts.models import User
from audit.edits import RecordedAdmin
from core.admin import column
from core.admin_sites import public_site
from core.errors import DomainError
from operations import admin_archive as admin_archive
from operations import admin_health as admin_health
from operations.provisioning import request_tenant
from operations.serving import resume, suspend
from tenants.models import TEMPLATE_SCHEMA, Domain, Tenant

for _model in (ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule):
    admin.site.unregister(_model)

TENANT_STATES = {
    Tenant.State.REQUESTED: "info",
    Tenant.State.ACTIVE: "success",
    Tenant.State.SUSPENDED: "warning",
    Tenant.State.DELETING: "danger",
}
ROLLOUTS = {"Migrated": "success", "Being migrated": "info", "Failed": "danger", "Waits": "warning"}
validate_hostname = RegexValidator(
    r"\A(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*\Z",
    "Use a host name without scheme and port: acme.forge.example.com.",
)


class HostnameField(forms.CharField):
    """A host name, in lower case."""

    def __init__(self, **kwargs: Any) -> None:
        widget = UnfoldAdminTextInputWidget()
        super().__init__(**{"widget": widget, "validators": [validate_hostname], **kwargs})

    def to_python(self, value: Any) -> str:
        """Host names know no upper case."""
        return str(super().to_python(value)).lower()


class NewTenantForm(forms.ModelForm[Tenant]):
    """What is asked of a new tenant."""

    domain = HostnameField(help_text="The host name that it answers to, for example acme.forge.example.com.")

    class Meta:
        model = Tenant
        fields = ["name", "schema_name"]

    def clean_domain(self) -> str:
        """Free."""
        domain = str(self.cleaned_data["domain"])
        if Domain.objects.filter(domain=domain).exists():
            raise forms.ValidationError("A tenant answers to this host name already.")
        return domain


class DomainForm(forms.ModelForm[Domain]):
    """A host name of a tenant."""

    domain = HostnameField()

    class Meta:
        model = Domain
        fields = ["domain", "is_primary"]


class DomainFormSet(BaseInlineFormSet[Domain, Tenant, DomainForm]):
    """A tenant keeps a host name, one of them the primary one."""

    def clean(self) -> None:
        """At least one is left, and exactly one of those is primary."""
        super().clean()
        left = [
            form.cleaned_data
            for form in self.forms
            if form.cleaned_data.get("domain") and not form.cleaned_data["DELETE"]
        ]
        if not any(self.errors) and sum(bool(domain["is_primary"]) for domain in left) != 1:
            raise forms.ValidationError("Exactly one host name is the primary one.")


class DomainInline(TabularInline):
    """Host names, on the tenant's page."""

    model = Domain
    form = DomainForm
    formset = DomainFormSet
    extra = 0


@admin.register(Tenant, site=public_site)
class TenantAdmin(RecordedAdmin):
    """Operators ask for tenants; ``manage.py provision`` builds them."""

    list_display = ["name", "schema_name", "domain", "state_label", "rollout_label", "failure", "created_at"]
    list_filter = [("state", ChoicesDropdownFilter)]
    search_fields = ["name", "schema_name", "domains__domain"]
    ordering = ["schema_name"]
    actions = ["suspend", "resume"]
    readonly_fields = [
        *("schema_name", "state_label", "failure", "created_at", "uuid"),
        *("rollout_label", "rollout_at", "schema_release", "rollout_failure"),
    ]
    fieldsets = [
        (None, {"fields": ["name", ("schema_name", "state_label"), "failure", ("uuid", "created_at")]}),
        ("Migration", {"fields": [("rollout_label", "rollout_at"), "schema_release", "rollout_failure"]}),
    ]
    add_fieldsets = [(None, {"fields": ["name", "schema_name", "domain"]})]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tenant]:
        """Tenants proper, with their host names."""
        rows: QuerySet[Tenant] = super().get_queryset(request)
        primary = Domain.objects.filter(is_primary=True)
        proper = rows.exclude(schema_name__in=["public", TEMPLATE_SCHEMA])
        return proper.prefetch_related(Prefetch("domains", primary, to_attr="primary_domains"))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: a tenant is suspended."""
        return False

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Another one for a new tenant."""
        return super().get_form(request, obj, change=change, **(kwargs if obj else {"form": NewTenantForm, **kwargs}))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Of a new tenant nothing is fixed yet."""
        return list(self.readonly_fields) if obj else []

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        """Host names, once there is a tenant to have them."""
        return [DomainInline] if obj else []

    def save_model(self, request: HttpRequest, obj: Tenant, form: Any, change: bool) -> None:
        """Rename a tenant, or ask for a new one."""
        if change:
            obj.save(update_fields=["name"])
            return
        given = form.cleaned_data
        names = {name: given[name] for name in ("schema_name", "name", "domain")}
        tenant = request_tenant(**names, by=cast(User, request.user), at=timezone.now())
        obj.pk, obj.state = tenant.pk, tenant.state
        messages.info(request, "The tenant is asked for. `manage.py provision` builds it and says here if it fails.")

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """Nothing: the service has recorded it."""

    @admin.action(description="Suspend", permissions=["change"])
    def suspend(self, request: HttpRequest, queryset: QuerySet[Tenant]) -> None:
        """Stop serving the selected tenants."""
        _each(request, queryset, suspend, "suspended")

    @admin.action(description="Resume", permissions=["change"])
    def resume(self, request: HttpRequest, queryset: QuerySet[Tenant]) -> None:
        """Serve the selected tenants again."""
        _each(request, queryset, resume, "active again")

    @column("State", label=TENANT_STATES)
    def state_label(self, tenant: Tenant) -> tuple[str, str]:
        """How far it is."""
        return tenant.state, str(Tenant.State(tenant.state).label)

    @column("Schema", label=ROLLOUTS)
    def rollout_label(self, tenant: Tenant) -> str:
        """Whether this release can work in its schema, and what keeps it from that."""
        if tenant.rollout in (Tenant.Rollout.MIGRATING, Tenant.Rollout.FAILED):
            return str(Tenant.Rollout(tenant.rollout).label)
        if tenant.state == Tenant.State.REQUESTED:
            return "–"
        return "Migrated" if tenant.is_migrated else "Waits"

    @column("Host name")
    def domain(self, tenant: Any) -> str:
        """What it answers to first."""
        return ", ".join(domain.domain for domain in tenant.primary_domains)


def _each(request: HttpRequest, tenants: QuerySet[Tenant], move: Callable[..., None], outcome: str) -> None:
    for tenant in tenants:
        try:
            move(tenant, by=cast(User, request.user), at=timezone.now())
        except DomainError as error:
            messages.error(request, error.message)
        else:
            messages.success(request, f"{tenant} is {outcome}.")


class _TaskSelect(UnfoldAdminSelectWidget, beat.TaskSelectWidget):
    """Beat's choice of task names, looking like the rest."""


class PeriodicTaskForm(beat.PeriodicTaskForm):
    """Beat's form, looking like the rest."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["task"].widget = UnfoldAdminTextInputWidget()
        self.fields["regtask"].widget = _TaskSelect()


@admin.register(PeriodicTask, site=public_site)
class PeriodicTaskAdmin(beat.PeriodicTaskAdmin, RecordedAdmin):
    """When beat starts what."""

    form = PeriodicTaskForm
    date_hierarchy = None
    list_filter = [("enabled", BooleanRadioFilter), ("one_off", BooleanRadioFilter)]
    # Not "run now": a task that is started here would name no tenant and be refused.
    actions = ["enable_tasks", "disable_tasks"]

    @admin.action(description="Enable selected tasks", permissions=["change"])
    def enable_tasks(self, request: HttpRequest, queryset: QuerySet[PeriodicTask]) -> None:
        """Start them when they are due."""
        self._switch(request, queryset, "enabled", super().enable_tasks)

    @admin.action(description="Disable selected tasks", permissions=["change"])
    def disable_tasks(self, request: HttpRequest, queryset: QuerySet[PeriodicTask]) -> None:
        """Start them no more."""
        self._switch(request, queryset, "disabled", super().disable_tasks)

    def _switch(self, request: HttpRequest, tasks: QuerySet[PeriodicTask], verb: str, switch: Any) -> None:
        switch(request, tasks)
        for task in tasks:
            self.record(request, task, verb)


@admin.register(IntervalSchedule, CrontabSchedule, site=public_site)
class ScheduleAdmin(RecordedAdmin):
    """How often."""
