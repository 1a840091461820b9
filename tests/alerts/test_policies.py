"""Policies as a file: what the defaults say, what is refused and how, and that a round trip changes nothing."""

import io
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import CommandError, call_command
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from alerts.choices import ChannelKind, Frequency, Tier
from alerts.durations import read_duration, write_duration
from alerts.escalation import Step
from alerts.models import AlertPolicy
from alerts.policyfile import PolicyValues, problems_of, read_policies, write_policies
from alerts.services.policies import dump_policies, edit_policy, load_policies
from audit.models import AuditEntry
from core.errors import Forbidden, Invalid

DEFAULTS = """
alert_rules:
  tier1_block:
    channels: [slack, email, pagerduty]   # one that is not configured is a recorded non-send, not a failure
    threshold: 1
    deduplication_window: 1h
    escalation_delay: 15m
    escalation_channels: [pagerduty]
    quiet_hours: false
  tier2_override:
    channels: [slack, email]
    threshold: 5
    frequency: daily
    aggregation_window: 1h
    max_per_day: 5
    quiet_hours: true          # business hours 9-18 in the tenant's time zone
    summary_time: "09:00"
    escalation_delay: 4h
    escalation_channels: [email:managers]
  tier3_warning:
    channels: [email]
    frequency: weekly          # Mondays
    threshold: 10
    summary_time: "09:00"
    quiet_hours: true
"""


def one(entry: str) -> str:
    """A document with one tier's entry, given as a flow mapping's inside."""
    return f"alert_rules: {{tier1_block: {{{entry}}}}}"


@pytest.mark.django_db
def test_the_defaults_dump_to_the_document_that_the_product_promises() -> None:
    assert yaml.safe_load(dump_policies()) == yaml.safe_load(DEFAULTS)


@pytest.mark.django_db
def test_loading_that_document_changes_nothing() -> None:
    assert load_policies(DEFAULTS, by=None, at=timezone.now()) == []
    assert not AuditEntry.objects.filter(resource_type="alertpolicy").exists()


@pytest.mark.parametrize(
    ("entry", "place", "reason"),
    [
        ("channel: [slack]", "tier1_block.channel", "No such field; there are channels,"),
        ("channels: [fax]", "tier1_block.channels", "No channel: 'fax'."),
        ("channels: ['slack:']", "tier1_block.channels", "No channel: 'slack:'."),
        ("channels: slack", "tier1_block.channels", "Expected a list of channels"),
        (f"channels: [{'slack, ' * 20_000}]", "tier1_block.channels", "20,000 channels; at most 50."),
        ("deduplication_window: 1 hour", "tier1_block.deduplication_window", "Expected a whole number and a unit"),
        ("deduplication_window: 60", "tier1_block.deduplication_window", "Expected a length of time"),
        ("deduplication_window: 9999d", "tier1_block.deduplication_window", "At most 366d."),
        ("threshold: 0", "tier1_block.threshold", "From 1 to"),
        ("threshold: 99999999999", "tier1_block.threshold", "From 1 to 2,147,483,647."),
        ("threshold: true", "tier1_block.threshold", "Expected a whole number, not True."),
        ("quiet_hours: 1", "tier1_block.quiet_hours", "Expected true or false"),
        ("frequency: hourly", "tier1_block.frequency", "Expected immediate, daily, weekly"),
        ("frequency: [daily]", "tier1_block.frequency", "Expected immediate, daily, weekly"),
        ("frequency: daily", "tier1_block.summary_time", "A daily summary needs a time."),
        ("summary_time: 10:00", "tier1_block.summary_time", "Expected a time in quotes"),
        ("aggregation_window: 1h", "tier1_block.aggregation_window", "Only for what waits for a summary"),
        ("escalation_delay: 1h", "tier1_block.escalation", "One step needs both"),
        ("escalation_delay: 0m, escalation_channels: [email]", "tier1_block.escalation_delay", "At least 1s."),
        ("escalation: [{delay: 1h}]", "tier1_block.escalation", "Step 1: expected delay and channels"),
        ("escalation: [{delay: 1h, channels: []}]", "tier1_block.escalation", "A step without channels tells nobody."),
        ("escalation: [{delay: x, channels: [slack]}]", "tier1_block.escalation", "Step 1: Expected a whole number"),
    ],
)
def test_what_is_wrong_is_named_by_tier_and_field(entry: str, place: str, reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_policies(one(entry))
    (said,) = refused.value.errors[place]
    assert said.startswith(reason)
    assert len(refused.value.message) < 1_000


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "Expected alert_rules:"),
        ("alert_rules: []", "Expected alert_rules:"),
        ("alert_rules: {}\nother: 1", "Expected alert_rules:"),
        ("alert_rules: {tier9: {}}", "No tier; there are tier1_block"),
        ("alert_rules: {tier1_block: 3}", "Expected fields like channels"),
        (one("threshold: 1, threshold: 2"), "Not YAML that can be read: 'threshold' stands twice"),
        ("a: &a [x]\nalert_rules: *a", "aliases (*) are not read"),
        ("alert_rules: !!python/object:os.system {}", "Not YAML that can be read"),
        ("{" * 5_000, "Not YAML that can be read"),
        ("alert_rules: [" + "slack, " * 1_500_000 + "]", "A file of policies has at most 256 KiB."),
    ],
)
def test_what_is_no_such_document_is_refused_in_a_sentence(text: str, reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_policies(text)
    assert reason in refused.value.message
    assert len(refused.value.message) < 500


def test_everything_that_is_wrong_is_said_at_once() -> None:
    text = "alert_rules: {tier1_block: {threshold: x, channels: [fax]}, tier2_override: {max_per_day: 0}}"
    with pytest.raises(Invalid) as refused:
        read_policies(text)
    assert sorted(refused.value.errors) == [
        "tier1_block.channels",
        "tier1_block.threshold",
        "tier2_override.max_per_day",
    ]


def test_a_chain_of_several_steps_is_a_list() -> None:
    chain = [Step(timedelta(minutes=15), ("pagerduty",)), Step(timedelta(hours=1), ("email:managers", "slack:boss"))]
    text = write_policies({Tier.BLOCK: PolicyValues(escalation=chain)})
    assert yaml.safe_load(text)["alert_rules"]["tier1_block"]["escalation"] == [
        {"delay": "15m", "channels": ["pagerduty"]},
        {"delay": "1h", "channels": ["email:managers", "slack:boss"]},
    ]
    assert read_policies(text)[Tier.BLOCK].escalation == chain


lengths = st.integers(1, 31_622_400).map(lambda seconds: timedelta(seconds=seconds))
names = st.sampled_from([*ChannelKind.values, "email:managers", "slack:the team", "webhook:x"])
lists = st.lists(names, unique=True, max_size=5)
steps = st.builds(Step, lengths, lists.filter(bool).map(tuple))
policies = st.builds(
    PolicyValues,
    channels=lists,
    threshold=st.integers(1, 2**31 - 1),
    deduplication_window=lengths,
    frequency=st.sampled_from(Frequency.values),
    aggregation_window=st.none() | lengths,
    max_per_day=st.none() | st.integers(1, 100),
    summary_time=st.none() | st.times().map(lambda at: time(at.hour, at.minute)),
    quiet_hours=st.booleans(),
    escalation=st.lists(steps, max_size=4),
).filter(lambda values: not problems_of(values))


@given(st.dictionaries(st.sampled_from(Tier), policies, min_size=1))
def test_whatever_is_written_reads_the_same(values: dict[Tier, PolicyValues]) -> None:
    assert read_policies(write_policies(values)) == values


@given(lengths)
def test_a_length_of_time_reads_as_it_was_written(length: timedelta) -> None:
    assert read_duration(write_duration(length)) == length


@pytest.mark.django_db
def test_an_edit_is_in_the_audit_log_with_what_was_before(compliance_admin: User) -> None:
    chain = [Step(timedelta(minutes=5), ("slack",)), Step(timedelta(minutes=30), ("email:managers",))]
    edit_policy(tier=Tier.BLOCK, changes={"threshold": 2, "escalation": chain}, by=compliance_admin, at=timezone.now())
    entry = AuditEntry.objects.get(resource_type="alertpolicy")
    assert (entry.action, entry.actor, entry.before) == (
        "alert_policy.edited",
        compliance_admin.username,
        {"threshold": 1, "escalation_delay": "15m", "escalation_channels": ["pagerduty"], "escalation": None},
    )
    assert AlertPolicy.objects.get(pk=Tier.BLOCK).chain == chain


@pytest.mark.django_db
@pytest.mark.parametrize("changes", [{"threshold": 0}, {"channels": ["fax"]}, {"tier": "x"}, {"frequency": "daily"}])
def test_an_edit_that_makes_no_sense_is_refused(compliance_admin: User, changes: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        edit_policy(tier=Tier.BLOCK, changes=changes, by=compliance_admin, at=timezone.now())


@pytest.mark.django_db
def test_a_viewer_edits_no_policy(viewer: User) -> None:
    with pytest.raises(Forbidden):
        load_policies(DEFAULTS, by=viewer, at=timezone.now())


@pytest.mark.django_db
def test_the_command_loads_what_it_dumped_and_says_what_differs(tmp_path: Path) -> None:
    file, said = tmp_path / "policies.yaml", io.StringIO()
    call_command("alert_policies", "dump", str(file), schema="acme")
    file.write_text(file.read_text().replace("threshold: 5", "threshold: 7"))
    for options in ({"dry_run": True}, {}, {}):
        call_command("alert_policies", "load", str(file), schema="acme", stdout=said, **options)
    assert said.getvalue().splitlines() == [
        "Would change: tier2_override",
        "Changed: tier2_override",
        "Nothing differs.",
    ]
    assert AlertPolicy.objects.get(pk=Tier.OVERRIDE).threshold == 7


@pytest.mark.django_db
def test_a_file_that_is_half_wrong_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "policies.yaml"
    file.write_text(DEFAULTS.replace("threshold: 1\n", "threshold: 3\n").replace("daily", "yearly"))
    with pytest.raises(CommandError, match=r"tier2_override\.frequency: Expected immediate"):
        call_command("alert_policies", "load", str(file), schema="acme")
    assert AlertPolicy.objects.get(pk=Tier.BLOCK).threshold == 1


@pytest.mark.django_db
def test_the_command_names_a_tenant_that_there_is_not() -> None:
    with pytest.raises(CommandError, match="There is no such tenant: nobody"):
        call_command("alert_policies", "dump", "-", schema="nobody")
