"""What other terms would do to the pull requests of the last 30 days: looked at before they are saved."""

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from compliance.admin.labels import label_of
from compliance.choices import UNATTRIBUTED, Enforcement, Severity
from compliance.models import PullRequest, Rule, TenantSettings
from compliance.services.proposals import LOOKED_BACK, Outlook, Proposal, outlook_under
from compliance.services.terms import edit_rule, edit_settings
from core.admin_cells import page_url_of
from core.errors import Invalid
from dashboard.pages import ConsolePage

_SHOWN = 50
_WEIGHTS = ("block_weight", "override_weight", "warning_weight")
_SETTINGS = (*_WEIGHTS, "threshold", "require_complete", "override_waives_threshold")


class ProposalForm(forms.ModelForm[TenantSettings]):
    """Other settings, and one rule that would count otherwise."""

    rule = forms.ChoiceField(required=False, label=gettext_lazy("Rule"))
    tier = forms.ChoiceField(
        choices=[("", gettext_lazy("as it is")), *Severity.choices], required=False, label=gettext_lazy("Its tier")
    )
    enforcement = forms.ChoiceField(
        choices=[("", gettext_lazy("as it is")), *Enforcement.choices],
        required=False,
        label=gettext_lazy("Its enforcement"),
    )

    class Meta:
        model = TenantSettings
        fields = list(_SETTINGS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Before the form writes what was typed into its instance.
        self.now = self.instance.terms()
        self._rules = {rule.pk: rule for rule in Rule.objects.exclude(pk=UNATTRIBUTED).order_by("id")}
        choices = [("", _("As they are")), *((rule.pk, str(rule)) for rule in self._rules.values())]
        cast(forms.ChoiceField, self.fields["rule"]).choices = choices

    def _post_clean(self) -> None:
        """The fields' limits, without asking the database about each constraint: they say the same, and saving asks."""
        self.instance = forms.models.construct_instance(self, self.instance, _SETTINGS)
        try:
            self.instance.clean_fields(exclude=self._get_validation_exclusions())  # type: ignore[attr-defined]
        except ValidationError as error:
            self._update_errors(error)  # type: ignore[attr-defined]

    def clean_rule(self) -> Rule | None:
        """The rule itself."""
        return self._rules.get(self.cleaned_data["rule"])

    @property
    def proposal(self) -> Proposal:
        """What was asked for."""
        rule, tier, enforcement = (self.cleaned_data[name] for name in ("rule", "tier", "enforcement"))
        return Proposal(
            self.instance.terms(),
            rule=rule,
            tier=tier or (rule.tier if rule else ""),
            enforcement=enforcement or (rule.enforcement if rule else ""),
        )

    @property
    def edits(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """What of it differs: of the settings, and of the rule."""
        settings = {name: self.cleaned_data[name] for name in self.changed_data if name in _SETTINGS}
        rule: Rule | None = self.cleaned_data["rule"]
        asked = {name: self.cleaned_data[name] for name in ("tier", "enforcement") if self.cleaned_data[name]}
        return settings, {name: value for name, value in asked.items() if rule and getattr(rule, name) != value}


class WhatIfPage(ConsolePage):
    """A form in the address, so that what was found can be shown to somebody; saving it is a POST."""

    http_method_names = ["get", "head", "post"]
    title = gettext_lazy("What if")
    permission = "compliance.view_tenantsettings"
    template = "console/what_if.html"
    topics = ("pulls", "rules")

    def shown(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        """The form, and what would turn."""
        asked = set(request.GET) & {*_SETTINGS, "tier", "enforcement"}
        form = _form(request, asked=bool(asked))
        outlook = None
        if asked and form.is_valid():
            outlook = outlook_under(form.proposal, now=form.now, at=timezone.now())
        may_save = request.user.has_perm("compliance.change_tenantsettings")
        return {
            "form": form,
            "days": LOOKED_BACK.days,
            "outlook": outlook,
            "turned": _turned(outlook) if outlook else [],
            "edits": any(form.edits) if outlook else False,
            "may_save": may_save and request.user.has_perm("compliance.change_rule"),
        }

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Save what was looked at; the services ask who does."""
        form = ProposalForm(request.POST, instance=TenantSettings.current())
        if not form.is_valid():
            raise Invalid("invalid", _("Look at it once more: not everything that was sent makes sense."))
        settings, of_rule = form.edits
        by, at = cast(User, request.user), timezone.now()
        with transaction.atomic():
            if of_rule:
                edit_rule(rule_id=form.cleaned_data["rule"].pk, changes=of_rule, by=by, at=at)
            edit_settings(changes=settings, by=by, at=at)
        messages.success(request, _("Saved. Open pull requests are judged anew."))
        return HttpResponseRedirect(reverse("console:what-if"))


def _form(request: HttpRequest, *, asked: bool) -> ProposalForm:
    current = TenantSettings.current()
    if asked:
        return ProposalForm(request.GET, instance=current)
    return ProposalForm(instance=current, initial={"rule": request.GET.get("rule", "")})


def _turned(outlook: Outlook) -> list[dict[str, Any]]:
    return [
        {
            "title": title,
            "number": len(found),
            "rest": max(0, len(found) - _SHOWN),
            "pulls": [_row(one) for one in found[:_SHOWN]],
        }
        for title, found in (
            (_("Newly stopped"), outlook.stopped),
            (_("Freed"), outlook.freed),
            (_("Another verdict, with the same consequence"), outlook.otherwise),
        )
    ]


def _row(turn: Any) -> dict[str, Any]:
    return {
        "name": turn.name,
        "title": turn.title,
        "page": page_url_of(PullRequest, turn.pull),
        "before": label_of(turn.before),
        "after": label_of(turn.after),
        "score_before": turn.score_before,
        "score_after": turn.score_after,
    }
