"""One module per kind of channel. To add one: see CONTRIBUTING."""

from alerts.channels.apprise import AppriseTransport
from alerts.channels.base import Transport
from alerts.channels.email import EmailTransport
from alerts.channels.in_app import InAppTransport
from alerts.channels.pagerduty import PagerDutyTransport
from alerts.channels.slack import SlackTransport
from alerts.channels.webhook import WebhookTransport
from alerts.choices import ChannelKind

TRANSPORTS: dict[str, Transport] = {
    ChannelKind.EMAIL: EmailTransport(),
    ChannelKind.IN_APP: InAppTransport(),
    ChannelKind.WEBHOOK: WebhookTransport(),
    ChannelKind.SLACK: SlackTransport(),
    ChannelKind.PAGERDUTY: PagerDutyTransport(),
    ChannelKind.APPRISE: AppriseTransport(),
}


def transport_of(kind: str) -> Transport:
    """What sends through channels of this kind."""
    return TRANSPORTS[kind]
