"""Rules and settings: the terms under which the tenant judges."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AllValuesCheckboxFilter, ChoicesDropdownFilter
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from accounts.models import User
from compliance.admin.labels import ENFORCEMENTS, RULE_STATES, SEVERITIES, cell, label_of, label_of_rule
from compliance.choices import UNATTRIBUTED, Enforcement, Severity
from compliance.models import Rule, TenantSettings, Violation
from compliance.queries.rules import tallies_of_rules
from compliance.queries.tallies import Tally
from compliance.services.forecast import Turned, verdicts_under
from compliance.services.terms import NOT_JUDGED_BY, edit_rule, edit_settings
from core.admin import KeptAdmin, OneRowAdmin, column
from core.admin_cells import NONE, link, list_url, page_url_of
from core.admin_forms import LinesField

CONFIRMED = "_confirmed"
"""Says that the consequences of a change were looked at."""
_FACTS = ["name", "category", "policy", "rule_file", "override_marker"]


class RuleForm(forms.ModelForm[Rule]):
    """What a tenant may make its own."""

    packages = LinesField(required=False, help_text="Policy packages that evaluate this rule, one a line.")

    class Meta:
        model = Rule
        fields = ["tier", "enforcement", "packages", "description", "remediation", "runbook_url"]
        widgets = {
            "description": UnfoldAdminTextareaWidget(attrs={"rows": 4}),
            "remediation": UnfoldAdminTextareaWidget(attrs={"rows": 6}),
            "runbook_url": UnfoldAdminTextInputWidget,
        }


@admin.register(Rule)
class RuleAdmin(KeptAdmin):
    """The catalogue brings rules; a tenant tunes how they count and what they say."""

    form = RuleForm
    list_display = ["id", "name", "state", "tier_label", "enforcement_label", "live", "category"]
    list_display_links = ["id", "name"]
    list_filter = [
        ("tier", ChoicesDropdownFilter),
        ("enforcement", ChoicesDropdownFilter),
        ("category", AllValuesCheckboxFilter),
    ]
    search_fields = ["id", "name", "category", "description"]
    ordering = ["id"]
    sortable_by = ["id", "name", "category"]
    fieldsets = [
        (None, {"fields": ["name", ("category", "live"), "description", "remediation", "runbook_url"]}),
        ("How it counts", {"fields": [("tier", "enforcement"), "packages"]}),
        ("Where it comes from", {"fields": [("policy", "rule_file"), ("override_marker", "edited_fields")]}),
    ]

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The list, with where each of its rules stands: one query for all of them."""
        changes = super().get_changelist_instance(request)
        tallies = tallies_of_rules()
        for rule in changes.result_list:
            rule.tally = tallies.get(rule.pk, Tally())
        return changes

    def get_readonly_fields(self, request: HttpRequest, obj: Rule | None = None) -> list[str]:
        """The catalogue's facts; of the stand-in for unattributed messages also that it counts."""
        fixed = ["enforcement"] if obj is not None and obj.pk == UNATTRIBUTED else []
        return [*_FACTS, "live", "edited_fields", *fixed]

    def save_model(self, request: HttpRequest, obj: Rule, form: Any, change: bool) -> None:
        """Let the service change the rule."""
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        edit_rule(rule_id=obj.pk, changes=changes, by=cast(User, request.user), at=timezone.now())

    @column("State", label=RULE_STATES)
    def state(self, rule: Any) -> tuple[str, str]:
        """The rule at a glance."""
        label = label_of_rule(rule, _tally(rule).colour)
        return label.text, label.text

    @column("Tier", label=SEVERITIES)
    def tier_label(self, rule: Rule) -> tuple[str, str]:
        """How grave."""
        return cell(Severity(rule.tier))

    @column("Enforcement", label=ENFORCEMENTS)
    def enforcement_label(self, rule: Rule) -> tuple[str, str]:
        """Whether it counts."""
        return cell(Enforcement(rule.enforcement))

    @column("Live violations")
    def live(self, rule: Any) -> SafeString:
        """How many, and where to find them."""
        return link(list_url(Violation, rule__id__exact=rule.pk, standing="live"), sum(_tally(rule).counts))

    @column("Your own")
    def edited_fields(self, rule: Rule) -> str:
        """What the tenant has changed; a new release's catalogue leaves it alone."""
        return ", ".join(rule.edited) or NONE


@admin.register(TenantSettings)
class TenantSettingsAdmin(OneRowAdmin):
    """One form, no list."""

    fieldsets = [
        ("What a violation costs", {"fields": [("block_weight", "override_weight", "warning_weight")]}),
        ("What may merge", {"fields": ["threshold", "require_complete", "override_waives_threshold"]}),
        ("Overrides", {"fields": ["longest_override_days"]}),
        (
            "What is kept, in days",
            {
                "fields": [
                    ("violations_kept_days", "payloads_kept_days"),
                    ("alerts_kept_days", "trends_kept_days"),
                ],
                "description": "What is older goes into the archive every night. The audit log is kept for ever.",
            },
        ),
    ]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The form. A change that verdicts depend on is saved once its consequences were looked at."""
        if request.method == "POST" and CONFIRMED not in request.POST and self.has_change_permission(request):
            form = self.get_form(request, TenantSettings.current(), change=True)(
                request.POST, instance=TenantSettings.current()
            )
            if form.is_valid() and set(form.changed_data) - NOT_JUDGED_BY:
                return self._forecast_page(request, verdicts_under(form.instance.terms()))
        return super().changeform_view(request, object_id, form_url, extra_context)

    def _forecast_page(self, request: HttpRequest, turned: Turned) -> HttpResponse:
        context = self.admin_site.each_context(request) | {
            "title": "Save these settings?",
            "opts": self.opts,
            "turned": turned,
            "turns": [(label_of(before), label_of(after), n) for (before, after), n in turned.turns.items()],
            "given": [(name, value) for name, value in request.POST.items() if name != "csrfmiddlewaretoken"],
            "confirmed": CONFIRMED,
            "back": page_url_of(TenantSettings, TenantSettings.PK),
        }
        return TemplateResponse(request, "console/settings_forecast.html", context)

    def save_model(self, request: HttpRequest, obj: TenantSettings, form: Any, change: bool) -> None:
        """Let the service change them."""
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        edit_settings(changes=changes, by=cast(User, request.user), at=timezone.now())


def _tally(rule: Any) -> Tally:
    """Where a rule stands; of a rule on its own page it is asked now."""
    if not hasattr(rule, "tally"):
        rule.tally = tallies_of_rules(rule.pk).get(rule.pk, Tally())
    return rule.tally  # type: ignore[no-any-return]
