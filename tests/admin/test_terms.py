"""Rules and settings: what a compliance admin edits, and what is judged anew for it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from audit.models import AuditEntry
from compliance.choices import UNATTRIBUTED
from compliance.models import Evaluation, PullRequest, Rule, TenantSettings, Version
from compliance.services.forecast import verdicts_under
from compliance.services.rules import sync_rules
from compliance.services.terms import edit_rule, edit_settings
from core.errors import Forbidden, Invalid
from tests.admin.pages import filled_in, list_of, page_of, taking, text_of

SETTINGS = list_of("compliance_tenantsettings")
R01 = "HARD STOP [Security/R01]: no tenant in apps/a.ts"


@pytest.fixture
def browser(browser_for: Callable[..., Client], compliance_admin: User) -> Client:
    """A compliance admin's browser."""
    return browser_for(compliance_admin)


@pytest.fixture
def save(browser: Client, django_capture_on_commit_callbacks: Any) -> Callable[..., Any]:
    """Open a form, change some fields, and press Save."""

    def make(address: str, **changes: Any) -> Any:
        form = filled_in(browser.get(address, follow=True))
        for name in [name for name, value in changes.items() if value is None]:
            form.pop(name, None)
        with django_capture_on_commit_callbacks(execute=True):
            given = {name: value for name, value in changes.items() if value is not None}
            return browser.post(address, form | {"_confirmed": "1"} | given)

    return make


@pytest.fixture
def blocked(judge: Callable[..., Evaluation], report: Callable[..., Any]) -> PullRequest:
    """A pull request that R01 blocks."""
    return judge(report(deny=[R01])).pull_request


def settings_page() -> str:
    """The one form of the settings."""
    return reverse("admin:compliance_tenantsettings_change", args=[TenantSettings.PK])


def test_a_rule_that_is_only_observed_blocks_no_longer(save: Callable[..., Any], blocked: PullRequest) -> None:
    save(page_of(Rule.objects.get(pk="R01")), enforcement="observe")
    blocked.refresh_from_db()
    assert (blocked.verdict, blocked.score) == ("PASS", 100)


def test_what_a_tenant_edits_is_its_own_and_survives_the_catalogue(save: Callable[..., Any]) -> None:
    rule = Rule.objects.get(pk="R02")
    save(page_of(rule), remediation="Ask the platform team.", packages="security\n\n rls ")
    sync_rules()
    rule.refresh_from_db()
    assert (rule.remediation, rule.packages) == ("Ask the platform team.", ["security", "rls"])
    assert rule.edited == ["packages", "remediation"]


def test_saving_without_a_change_makes_nothing_the_tenants_own(save: Callable[..., Any]) -> None:
    before = Version.numbers(["rules"])
    save(page_of(Rule.objects.get(pk="R03")))
    assert Rule.objects.get(pk="R03").edited == []
    assert Version.numbers(["rules"]) == before


def test_facts_of_the_catalogue_cannot_be_posted(save: Callable[..., Any]) -> None:
    save(page_of(Rule.objects.get(pk="R04")), name="Mine", category="Mine", edited="tier")
    rule = Rule.objects.get(pk="R04")
    assert "Mine" not in (rule.name, rule.category)
    assert rule.edited == []


def test_messages_without_a_known_rule_always_count(save: Callable[..., Any], compliance_admin: User) -> None:
    save(page_of(Rule.objects.get(pk=UNATTRIBUTED)), enforcement="off", remediation="Name your rules.")
    rule = Rule.objects.get(pk=UNATTRIBUTED)
    assert (rule.enforcement, rule.remediation) == ("enforce", "Name your rules.")
    with pytest.raises(Invalid, match="always count"):
        edit_rule(rule_id=UNATTRIBUTED, changes={"enforcement": "off"}, by=compliance_admin, at=timezone.now())


def test_the_settings_have_no_list_but_one_form(browser: Client) -> None:
    response = browser.get(SETTINGS)
    assert (response.status_code, response["Location"]) == (302, settings_page())
    assert browser.get(settings_page()).status_code == 200
    assert browser.get(settings_page().replace("/1/", "/2/")).status_code == 302


def test_new_settings_judge_open_pull_requests_anew(
    save: Callable[..., Any], judge: Callable[..., Evaluation], report: Callable[..., Any]
) -> None:
    pull = judge(
        report(warn=[f"WARNING [Quality/R16]: no tests for case {number}" for number in range(3)])
    ).pull_request
    before = Version.numbers(["pulls"])
    save(settings_page(), warning_weight="20")
    pull.refresh_from_db()
    assert (pull.verdict, pull.score) == ("BELOW_THRESHOLD", 40)
    assert Version.numbers(["pulls"]) > before


def test_a_switch_is_turned_off_by_leaving_it_empty(save: Callable[..., Any]) -> None:
    save(settings_page(), require_complete=None)
    assert TenantSettings.current().require_complete is False


def test_a_threshold_over_100_is_refused_on_the_form(save: Callable[..., Any]) -> None:
    response = save(settings_page(), threshold="101")
    assert "less than or equal to 100" in text_of(response)
    assert TenantSettings.current().threshold == 70


def test_the_services_refuse_who_may_not(viewer: User) -> None:
    with pytest.raises(Forbidden):
        edit_rule(rule_id="R01", changes={"enforcement": "off"}, by=viewer, at=timezone.now())
    with pytest.raises(Forbidden):
        edit_settings(changes={"threshold": 0}, by=viewer, at=timezone.now())


def test_a_rule_is_shown_with_its_colour_and_live_violations(browser: Client, blocked: PullRequest) -> None:
    rules = {rule.pk: rule.tally for rule in browser.get(list_of("compliance_rule")).context["cl"].result_list}
    assert (rules["R01"].colour, sum(rules["R01"].counts)) == ("red", 1)
    assert len(rules) == 26


@pytest.mark.parametrize(
    ("enforcement", "state"), [("enforce", ("Blocking", "danger")), ("observe", ("Observed", "default"))]
)
def test_only_an_enforced_rule_is_shown_as_blocking(
    enforcement: str, state: tuple[str, str], browser: Client, blocked: PullRequest
) -> None:
    Rule.objects.filter(pk="R01").update(enforcement=enforcement)
    tiers = browser.get("/admin/").context["grid"].tiers
    [tile] = [tile for tier in tiers for tile in tier.tiles if tile.rule.pk == "R01"]
    assert (tile.state.text, tile.state.variant) == state
    assert state[0] in text_of(browser.get(list_of("compliance_rule"), {"q": "R01"}))


def test_before_settings_are_saved_they_say_what_they_would_turn(
    browser: Client, judge: Callable[..., Evaluation], report: Callable[..., Any], blocked: PullRequest
) -> None:
    for number in (2, 3):
        judge(report(pr_number=number, warn=["WARNING [Quality/R16]: no tests for src/c.ts"]))
    judge(report(pr_number=4))
    form = filled_in(browser.get(settings_page())) | {"threshold": "100"}
    response = browser.post(settings_page(), form)
    assert "2 of 4 open pull requests and default branches would turn." in text_of(response)
    assert [(before.text, after.text, n) for before, after, n in response.context["turns"]] == [
        ("Pass", "Below threshold", 2)
    ]
    assert TenantSettings.current().threshold == 70
    browser.post(settings_page(), dict(response.context["given"]) | {"_confirmed": "1"})
    assert TenantSettings.current().threshold == 100


def test_what_no_verdict_depends_on_is_saved_at_once(browser: Client) -> None:
    form = filled_in(browser.get(settings_page())) | {"longest_override_days": "14"}
    assert browser.post(settings_page(), form).status_code == 302
    assert TenantSettings.current().longest_override_days == 14


def test_what_is_kept_is_edited_by_the_day_and_recorded(save: Callable[..., Any]) -> None:
    save(settings_page(), violations_kept_days="14", payloads_kept_days="7", trends_kept_days="730")
    kept = TenantSettings.current().horizons(at=timezone.now())
    assert (kept.violations - kept.trends).days == 716
    after = AuditEntry.objects.get(action="settings.edited").after
    assert after == {"violations_kept_days": 14, "payloads_kept_days": 7, "trends_kept_days": 730}


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("violations_kept_days", 6, "greater than or equal to 7"),
        ("violations_kept_days", 3_651, "less than or equal to 3650"),
        ("trends_kept_days", 29, "greater than or equal to 30"),
        ("alerts_kept_days", 0, "greater than or equal to 1"),
        ("payloads_kept_days", 91, "At most 90"),
    ],
)
def test_limits_of_what_is_kept_hold_on_the_form_and_in_the_service(
    field: str, value: int, said: str, save: Callable[..., Any], compliance_admin: User
) -> None:
    assert said in text_of(save(settings_page(), **{field: str(value)}))
    with pytest.raises(Invalid) as refused:
        edit_settings(changes={field: value}, by=compliance_admin, at=timezone.now())
    assert said in refused.value.errors[field][0]
    assert getattr(TenantSettings.current(), field) != value


@pytest.mark.parametrize(
    "changes",
    [
        {"require_complete": False},
        {"threshold": 100},
        {"threshold": 0},
        {"block_weight": 40},
        {"override_waives_threshold": False},
    ],
)
def test_the_forecast_is_what_comes_true(
    changes: dict[str, Any],
    judge: Callable[..., Evaluation],
    report: Callable[..., Any],
    blocked: PullRequest,
    compliance_admin: User,
    django_capture_on_commit_callbacks: Any,
) -> None:
    judge(report(pr_number=2, warn=["WARNING [Quality/R16]: no tests"]))
    judge(report(pr_number=3, results={"quality": {"deny": []}}))
    before = dict(PullRequest.objects.values_list("number", "verdict"))
    terms = TenantSettings(**changes).terms()
    forecast = verdicts_under(terms)
    with django_capture_on_commit_callbacks(execute=True):
        edit_settings(changes=changes, by=compliance_admin, at=timezone.now())
    after = dict(PullRequest.objects.values_list("number", "verdict"))
    turned = sum(before[number] != after[number] for number in before)
    assert (forecast.total, forecast.judged) == (turned, 3)


COPIED = """
    WITH copies AS (
        INSERT INTO compliance_pullrequest
        SELECT (jsonb_populate_record(pull, jsonb_build_object('id', gen_random_uuid(), 'number', 1 + n))).*
        FROM compliance_pullrequest pull, generate_series(1, 1000) n RETURNING id
    )
    INSERT INTO compliance_rulestate
    SELECT (jsonb_populate_record(state, jsonb_build_object(
        'id', nextval(pg_get_serial_sequence('compliance_rulestate', 'id')), 'pull_request_id', copies.id))).*
    FROM compliance_rulestate state, copies
"""


@pytest.mark.django_db
def test_many_pull_requests_take_two_queries_a_thousand(judge: Callable[..., Evaluation], report: Any) -> None:
    judge(report(warn=["WARNING [Quality/R16]: no tests"]))
    with connection.cursor() as cursor:
        cursor.execute(COPIED)
    with taking(3 + 2 * 2):
        forecast = verdicts_under(TenantSettings(threshold=100).terms())
    assert (forecast.judged, forecast.turns) == (1_001, {("PASS", "BELOW_THRESHOLD"): 1_001})
