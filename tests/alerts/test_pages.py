"""Alerting in the admin: read by everybody, changed by compliance admins through services, and recorded."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Organisation, User
from alerts.choices import AlertState, ChannelKind, Tier
from alerts.models import (
    Alert,
    AlertPolicy,
    AlertSettings,
    Channel,
    Delivery,
    Holiday,
    Notification,
    Route,
    Silence,
)
from alerts.services.channels import add_channel, edit_channel, secrets_of
from alerts.services.failing import disable_channel
from alerts.services.notices import notify
from alerts.services.raising import raise_alert
from audit.models import AuditEntry
from core.encryption import MASK
from core.errors import Invalid
from tests.admin.pages import filled_in, list_of, page_of, text_of

pytestmark = pytest.mark.django_db
SECRET = "a secret of at least 24 characters"
HOOK = {"url": "https://example.com/hook", "secret": SECRET}
MODELS = ["alert", "delivery", "alertpolicy", "silence", "holiday", "notification", "route"]


@pytest.fixture
def browser(browser_for: Callable[..., Client], compliance_admin: User) -> Client:
    """A compliance admin's browser."""
    return browser_for(compliance_admin)


@pytest.fixture
def alert() -> Alert:
    """One that is open, and of which somebody was told by email."""
    Channel.objects.create(kind=ChannelKind.EMAIL, name="team", settings={"recipients": ["kim@example.com"]})
    facts = {"repository": "acme/shop", "rule": "R01", "items": ["apps/a.ts:3 <script>alert(1)</script>"]}
    return raise_alert(tier=Tier.BLOCK, key="k", new=1, title="R01 on acme/shop#1", facts=facts, at=timezone.now())


@pytest.fixture
def hook(compliance_admin: User) -> Channel:
    """A signed webhook."""
    return add_channel(kind="webhook", name="ours", values=HOOK, by=compliance_admin, at=timezone.now())


def deeds() -> QuerySet[AuditEntry]:
    """What was done, but for making people and signing them in."""
    return AuditEntry.objects.exclude(resource_type="user")


def acted() -> list[str]:
    """What the audit log says was done, in order."""
    return list(deeds().order_by("sequence").values_list("action", flat=True))


@pytest.mark.parametrize("model", MODELS)
def test_a_viewer_reads_every_list_and_adds_nothing(
    model: str, alert: Alert, viewer: User, browser_for: Callable[..., Client]
) -> None:
    browser = browser_for(viewer)
    assert browser.get(list_of(f"alerts_{model}")).status_code == 200
    assert browser.get(reverse(f"admin:alerts_{model}_add")).status_code == 403


def test_a_viewer_changes_nothing(alert: Alert, viewer: User, browser_for: Callable[..., Client]) -> None:
    browser, delivery = browser_for(viewer), Delivery.objects.get(recipient="kim@example.com")
    channel = Channel.objects.get(name="team")
    posts = [
        reverse("admin:alerts_alert_acknowledge", args=[alert.pk]),
        reverse("admin:alerts_alert_silence", args=[alert.pk]),
        reverse("admin:alerts_channel_off", args=[channel.pk]),
        page_of(AlertPolicy.objects.get(pk=Tier.BLOCK)),
        reverse("admin:alerts_alertsettings_change", args=[1]),
        reverse("admin:accounts_organisation_change", args=[1]),
        list_of("alerts_delivery"),
        page_of(delivery),
    ]
    assert [browser.post(page, {"hours": "1", "reason": "x"}).status_code for page in posts] == [403] * len(posts)
    assert browser.get(list_of("alerts_channel")).status_code == 403
    assert acted() == []


def test_an_alerts_page_says_why_and_why_not(alert: Alert, browser: Client) -> None:
    text = text_of(browser.get(page_of(alert)))
    for said in ("A new alert", "The channel is not set up", "pagerduty", "kim@example.com", "Unless acknowledged"):
        assert said in text
    assert b"<script>alert(1)" not in browser.get(page_of(alert)).content


def test_the_button_acknowledges_by_name(alert: Alert, browser: Client, compliance_admin: User) -> None:
    browser.post(reverse("admin:alerts_alert_acknowledge", args=[alert.pk]))
    alert.refresh_from_db()
    assert (alert.state, alert.acknowledged_by) == (AlertState.ACKNOWLEDGED, compliance_admin.username)
    assert alert.acknowledged_via == "console"
    assert b"Acknowledge</" not in browser.get(page_of(alert)).content


def test_an_alert_is_silenced_from_its_page(alert: Alert, browser: Client) -> None:
    address = reverse("admin:alerts_alert_silence", args=[alert.pk])
    assert "Silenced until" in text_of(browser.post(address, {"hours": "4", "reason": "known"}, follow=True))
    silence = Silence.objects.get()
    assert (silence.key, silence.reason) == ("k", "known")
    assert timedelta(hours=3.9) < silence.until - timezone.now() <= timedelta(hours=4)
    assert acted() == ["silence.added"]


@pytest.mark.parametrize("form", [{"hours": "4", "reason": " "}, {"hours": "5", "reason": "x"}, {}])
def test_a_silence_needs_a_span_and_a_reason(alert: Alert, browser: Client, form: dict[str, str]) -> None:
    browser.post(reverse("admin:alerts_alert_silence", args=[alert.pk]), form)
    assert not Silence.objects.exists()


def test_a_silence_is_added_and_ended(browser: Client) -> None:
    day = date.today() + timedelta(days=2)  # noqa: DTZ011  any day to come
    form = {"repository": "acme/*", "until_0": f"{day}", "until_1": "10:00", "reason": "migration"}
    browser.post(reverse("admin:alerts_silence_add"), form)
    silence = Silence.objects.get()
    browser.post(list_of("alerts_silence"), {"action": "end_selected", "_selected_action": [silence.pk]})
    silence.refresh_from_db()
    assert silence.ended_at is not None
    assert acted() == ["silence.added", "silence.ended"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?tier__exact=tier1_block", 1),
        ("?tier__exact=tier3_warning", 0),
        ("?repository=acme/shop", 1),
        ("?repository=acme/other", 0),
        ("?rule=R01&state__exact=open", 1),
        ("?q=shop", 1),
    ],
)
def test_alerts_are_filtered(alert: Alert, browser: Client, query: str, found: int) -> None:
    assert len(browser.get(list_of("alerts_alert") + query).context["cl"].result_list) == found


def test_a_message_is_sent_again_and_keeps_its_id(alert: Alert, browser: Client) -> None:
    delivery = Delivery.objects.get(recipient="kim@example.com")
    form = {"action": "send_selected_again", "_selected_action": [delivery.pk]}
    assert "is on its way" in text_of(browser.post(list_of("alerts_delivery"), form, follow=True))
    Delivery.objects.filter(pk=delivery.pk).update(status="failed", attempts=10, error="550 no")
    assert "1 message will be sent again" in text_of(browser.post(list_of("alerts_delivery"), form, follow=True))
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts, delivery.error) == ("queued", 0, "")
    assert acted() == ["delivery.sent_again"]


def test_a_messages_page_names_its_tier_and_how_it_went(alert: Alert, browser: Client) -> None:
    delivery = Delivery.objects.filter(alert=alert)[0]
    assert "Tier Tier 1: blocks Channel name" in text_of(browser.get(page_of(delivery)))


def test_a_policy_is_edited_as_people_write_it(browser: Client) -> None:
    page = page_of(AlertPolicy.objects.get(pk=Tier.BLOCK))
    form = filled_in(browser.get(page))
    chain = "5m: slack, pagerduty\n1h: email:managers"
    assert browser.post(page, {**form, "steps": chain, "deduplication_window": "30m"}).status_code == 302
    policy = AlertPolicy.objects.get(pk=Tier.BLOCK)
    assert [step.channels for step in policy.chain] == [("slack", "pagerduty"), ("email:managers",)]
    assert (policy.deduplication_window, acted()) == (timedelta(minutes=30), ["alert_policy.edited"])


def test_a_policy_that_is_saved_as_it_stands_is_no_edit(browser: Client) -> None:
    for policy in AlertPolicy.objects.all():
        page = page_of(policy)
        assert browser.post(page, filled_in(browser.get(page))).status_code == 302
    assert acted() == []


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"channels": "fax"}, "No channel:"),
        ({"steps": "soon: slack"}, "Expected a whole number and a unit"),
        ({"steps": "5m: fax"}, "No channel:"),
        ({"frequency": "daily"}, "A daily summary needs a time."),
        ({"deduplication_window": "1 hour"}, "Expected a whole number and a unit"),
    ],
)
def test_what_a_policy_cannot_be_is_said_at_its_field(browser: Client, entry: dict[str, str], said: str) -> None:
    page = page_of(AlertPolicy.objects.get(pk=Tier.BLOCK))
    response = browser.post(page, {**filled_in(browser.get(page)), **entry})
    assert said in text_of(response)
    assert acted() == []


def test_a_channel_is_set_up_by_the_form_of_its_kind(browser: Client) -> None:
    add = reverse("admin:alerts_channel_add")
    assert "Signed webhook" in text_of(browser.get(add))
    page = f"{add}?kind=webhook"
    assert "At least 24 characters" in text_of(browser.post(page, {**HOOK, "name": "x", "secret": "short"}))
    assert browser.post(page, {**HOOK, "name": "ours", "general": "on"}).status_code == 302
    channel = Channel.objects.get(name="ours")
    assert (channel.settings, secrets_of(channel)) == ({"url": HOOK["url"]}, {"secret": SECRET})
    entry = deeds().get()
    assert {"kind": "webhook", "name": "ours", "general": True, "url": HOOK["url"]}.items() <= (
        entry.after or {}
    ).items()
    assert SECRET not in str(entry.after)


def test_a_channels_secrets_never_come_out_and_stay_when_left_empty(browser: Client, hook: Channel) -> None:
    page = page_of(hook)
    content = browser.get(page).content.decode()
    assert SECRET not in content
    assert MASK in content
    browser.post(page, {**filled_in(browser.get(page)), "secret": "", "name": "renamed"})
    hook.refresh_from_db()
    assert (hook.name, secrets_of(hook)) == ("renamed", {"secret": SECRET})
    assert SECRET not in str(list(AuditEntry.objects.values_list("before", "after")))


def test_a_new_address_wants_the_secret_again(browser: Client, hook: Channel, compliance_admin: User) -> None:
    page = page_of(hook)
    moved = {**filled_in(browser.get(page)), "url": "https://elsewhere.example.com/", "secret": ""}
    assert "Enter it again" in text_of(browser.post(page, moved))
    with pytest.raises(Invalid):
        edit_channel(hook.pk, changes={"url": "https://other.example"}, by=compliance_admin, at=timezone.now())
    browser.post(page, {**moved, "secret": SECRET[::-1]})
    hook.refresh_from_db()
    assert hook.settings == {"url": "https://elsewhere.example.com/"}


def test_a_channel_that_switched_itself_off_says_why_and_is_switched_on_again(browser: Client, hook: Channel) -> None:
    disable_channel(hook, reason="410 Gone", at=timezone.now())
    assert "410 Gone" in text_of(browser.get(page_of(hook)))
    browser.post(reverse("admin:alerts_channel_on", args=[hook.pk]))
    hook.refresh_from_db()
    assert (hook.enabled, hook.disabled_reason) == (True, "")
    assert Alert.objects.get().state == AlertState.RESOLVED
    assert acted()[-1] == "channel.enabled"


def test_a_test_message_is_on_its_way_and_recorded(browser: Client, hook: Channel) -> None:
    address = reverse("admin:alerts_channel_test", args=[hook.pk])
    assert "1 test message is on the way" in text_of(browser.post(address, follow=True))
    assert (Delivery.objects.get().occasion, acted()[-1]) == ("test", "channel.tested")


def test_a_channel_is_switched_off_with_a_reason(browser: Client, hook: Channel) -> None:
    address = reverse("admin:alerts_channel_off", args=[hook.pk])
    browser.post(address, {"reason": " "})
    assert Channel.objects.get(pk=hook.pk).enabled
    browser.post(address, {"reason": "moved house"})
    assert "moved house" in text_of(browser.get(page_of(hook)))
    assert not Alert.objects.exists()


@pytest.mark.parametrize("kind", [kind.value for kind in ChannelKind if kind != ChannelKind.IN_APP])
def test_every_kind_has_a_form(browser: Client, kind: str) -> None:
    assert browser.get(reverse("admin:alerts_channel_add") + f"?kind={kind}").status_code == 200


def test_a_route_and_a_holiday_are_kept_and_recorded(browser: Client) -> None:
    route = {"name": "shop", "position": "1", "repositories": "acme/shop*", "channels": "slack:shop\nemail"}
    assert "No channel" in text_of(browser.post(reverse("admin:alerts_route_add"), {**route, "channels": "fax"}))
    browser.post(reverse("admin:alerts_route_add"), route)
    browser.post(reverse("admin:alerts_holiday_add"), {"day": "2026-12-25", "name": "Christmas"})
    browser.post(page_of(Route.objects.get()), {**route, "position": "2"})
    browser.post(reverse("admin:alerts_holiday_delete", args=["2026-12-25"]), {"post": "yes"})
    assert (Route.objects.get().position, Holiday.objects.count()) == (2, 0)
    assert acted() == ["route.added", "holiday.added", "route.edited", "holiday.removed"]


def test_an_emergency_lets_what_waits_for_business_hours_go_at_once(browser: Client, alert: Alert) -> None:
    later = timezone.now() + timedelta(hours=9)
    Delivery.objects.update(run_after=later, due_at=later)
    page = reverse("admin:alerts_alertsettings_change", args=[1])
    assert "quiet hours and holidays hold back" in text_of(browser.get(page))
    browser.post(page, {"passes": "4"})
    assert AlertSettings.current().emergency(timezone.now() + timedelta(hours=3))
    assert not Delivery.objects.filter(run_after__gt=timezone.now()).exists()
    browser.post(page, {"passes": "0"})
    assert not AlertSettings.current().emergency(timezone.now())
    assert acted() == ["alert_settings.edited"] * 2


def test_the_organisations_hours_are_edited_and_held_to_sense(browser: Client) -> None:
    page = reverse("admin:accounts_organisation_change", args=[1])
    form: dict[str, Any] = filled_in(browser.get(page))
    assert "Not a time zone" in text_of(browser.post(page, {**form, "time_zone": "Vienna"}))
    assert browser.post(page, {**form, "opens": "19:00"}).status_code == 200
    browser.post(page, {**form, "time_zone": "Europe/Vienna", "managers": "kim@example.com"})
    organisation = Organisation.current()
    assert (organisation.time_zone, organisation.managers) == ("Europe/Vienna", ["kim@example.com"])
    assert acted() == ["organisation.edited"]


@pytest.fixture
def told(compliance_admin: User, viewer: User) -> Notification:
    """A notification of the compliance admin's, beside one that is somebody else's."""
    notify([compliance_admin], title="Yours to decide", link="http://acme.localhost/admin/", at=timezone.now())
    delivery = Delivery.objects.first()
    assert delivery is not None
    rows = {
        person: Notification.objects.create(
            user=person,
            delivery=delivery,
            tier=Tier.OVERRIDE,
            title=f"for {person}",
            link="http://acme.localhost/admin/",
            at=timezone.now(),
        )
        for person in (compliance_admin, viewer)
    }
    return rows[compliance_admin]


def test_the_bell_counts_ones_own_and_opening_one_reads_it(browser: Client, told: Notification, viewer: User) -> None:
    text = text_of(browser.get("/admin/"))
    assert "Unread notifications: 1" in text
    assert f"for {viewer}" not in text
    response = browser.post(reverse("admin:alerts_notification_open", args=[told.pk]))
    assert response["Location"] == told.link
    assert "No unread notifications" in text_of(browser.get("/admin/"))


def test_the_bell_asks_for_news_and_is_read_at_once(browser: Client, told: Notification) -> None:
    bell, poll = reverse("admin:alerts_notification_bell"), {"HX-Request": "true"}
    answer = browser.get(bell, headers=poll)
    assert "Unread notifications: 1" in text_of(answer)
    assert browser.get(bell, headers={**poll, "If-None-Match": answer["ETag"]}).status_code == 304
    gone = browser.post(reverse("admin:alerts_notification_read"), headers={"referer": "https://evil.example/"})
    assert gone["Location"] == list_of("alerts_notification")
    assert "No unread" in text_of(browser.get(bell, headers={**poll, "If-None-Match": answer["ETag"]}))


def test_others_notifications_are_not_there(browser: Client, told: Notification, viewer: User) -> None:
    theirs = Notification.objects.get(user=viewer)
    assert browser.post(reverse("admin:alerts_notification_open", args=[theirs.pk])).status_code == 404
    assert f"for {viewer}" not in text_of(browser.get(list_of("alerts_notification")))
    browser.post(list_of("alerts_notification"), {"action": "mark_all_read", "_selected_action": [told.pk]})
    assert list(Notification.objects.filter(read_at=None)) == [theirs]


def test_a_link_that_leads_away_is_not_followed(browser: Client, told: Notification) -> None:
    Notification.objects.filter(pk=told.pk).update(link="https://evil.example/")
    response = browser.post(reverse("admin:alerts_notification_open", args=[told.pk]))
    assert response["Location"] == page_of(told)


@pytest.mark.parametrize("model", [*MODELS, "channel", "alertsettings"])
def test_operators_have_the_same_pages(model: str, operator_browser: Client) -> None:
    assert operator_browser.get(f"/admin/alerts/{model}/", follow=True).status_code == 200
