"""The words of this room. No database, no settings: everything here may be imported from anywhere above."""

from django.db.models import TextChoices


class Tier(TextChoices):
    """How much an alert matters, as policies and their YAML file name it."""

    BLOCK = "tier1_block", "Tier 1: blocks"
    OVERRIDE = "tier2_override", "Tier 2: needs an override"
    WARNING = "tier3_warning", "Tier 3: warns"

    @property
    def rank(self) -> int:
        """1 for what matters most."""
        return [*Tier].index(self) + 1


class Frequency(TextChoices):
    """When a tier's news go out."""

    IMMEDIATE = "immediate", "At once"
    DAILY = "daily", "Daily summary"
    WEEKLY = "weekly", "Weekly summary, on Mondays"


class ChannelKind(TextChoices):
    """What a message can be sent through; one module each in ``alerts.channels``."""

    SLACK = "slack", "Slack"
    EMAIL = "email", "Email"
    PAGERDUTY = "pagerduty", "PagerDuty"
    IN_APP = "in_app", "In the console"
    WEBHOOK = "webhook", "Signed webhook"
    APPRISE = "apprise", "Apprise URL"


class AlertState(TextChoices):
    """Where an alert stands with people."""

    OPEN = "open", "Open"
    ACKNOWLEDGED = "acknowledged", "Acknowledged"
    RESOLVED = "resolved", "Resolved"


class Occasion(TextChoices):
    """Why a message is sent."""

    OPENED = "opened", "New"
    GREW = "grew", "Grew"
    REPEATED = "repeated", "Still there"
    RESOLVED = "resolved", "Resolved"
    ESCALATED = "escalated", "Nobody has acknowledged it"
    ACKNOWLEDGED = "acknowledged", "Acknowledged"
    BATCH = "batch", "Several at once"
    SUMMARY = "summary", "Summary"
    NOTICE = "notice", "Notice"
    TEST = "test", "Test"


class Reason(TextChoices):
    """Why something was sent, or was not: the first word of every entry of an alert's history."""

    OPENED = "opened", "A new alert"
    GREW = "grew", "It grew past what was sent"
    REPEATED = "repeated", "Still there after the deduplication window"
    RESOLVED = "resolved", "It is over"
    ESCALATED = "escalated", "Nobody acknowledged it in time"
    BATCHED = "batched", "Enough news in the aggregation window"
    SUMMARISED = "summarised", "Part of a summary"
    UNDER_THRESHOLD = "under_threshold", "Fewer than the policy's threshold"
    DUPLICATE = "duplicate", "Nothing new inside the deduplication window"
    ALREADY_ACKNOWLEDGED = "already_acknowledged", "Somebody is at it and nothing is new"
    FOR_SUMMARY = "for_summary", "Waits for a batch or the summary"
    SILENCED = "silenced", "A silence covers it"
    QUIET_HOURS = "quiet_hours", "Waits for business hours"
    NOT_CONFIGURED = "not_configured", "The channel is not set up"
    CHANNEL_DISABLED = "channel_disabled", "The channel is switched off"
    ACKNOWLEDGED = "acknowledged", "Somebody is at it"
    NEVER_SENT = "never_sent", "Nobody was told of it by itself"
    NO_POLICY = "no_policy", "No policy for the tier"
    ALERTS_OFF = "alerts_off", "Sending is switched off"
    REPLACED = "replaced", "A newer message takes its place"
    STALE = "stale", "Too old to be of use"
    LIMIT_OF_DAY = "limit_of_day", "The day's limit is reached"
