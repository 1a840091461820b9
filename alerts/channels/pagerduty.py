"""PagerDuty: Events API v2. https://developer.pagerduty.com/docs/events-api-v2-overview."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

from accounts.binding import tenant_id
from alerts.channels.base import Destination, Entry, Packet, Receipt, SendError
from alerts.channels.calling import check_host, limited, post
from alerts.choices import Occasion, Tier
from core.errors import Invalid

if TYPE_CHECKING:
    from httpx2 import Response
    from pagerduty import EventsApiV2Client

API = "https://events.pagerduty.com"
_HOSTS = frozenset({"events.pagerduty.com", "events.eu.pagerduty.com"})
_SEVERITIES = {Tier.BLOCK: "critical", Tier.OVERRIDE: "error", Tier.WARNING: "warning"}
_ACTIONS = {Occasion.ACKNOWLEDGED: "acknowledge", Occasion.RESOLVED: "resolve"}
_LASTING = frozenset({401, 402, 403, 404, 410})
"""Statuses that say that the channel is wrong: the key, the region."""
_MAX_SUMMARY, _MAX_DETAIL = 1024, 2000


class PagerDutyTransport:
    """One incident an alert: triggered, acknowledged and resolved by the same key, however often it is said."""

    entries: ClassVar[Sequence[Entry]] = (
        Entry(
            name="routing_key",
            label="Integration key",
            help="32 characters, from the service's Events API v2 integration.",
            secret=True,
        ),
        Entry(
            name="webhook_secret",
            label="Webhook secret",
            help="Of a v3 webhook subscription to /api/webhooks/pagerduty: who acknowledges there, does so here.",
            required=False,
            secret=True,
        ),
        Entry(
            name="api",
            label="API address",
            help=f"None: {API}; in the EU region: https://events.eu.pagerduty.com",
            required=False,
        ),
    )
    interval: ClassVar[timedelta] = timedelta()
    bundle: ClassVar[int] = 1

    def check(self, destination: Destination) -> None:
        """A key of the right shape, and a host of PagerDuty's."""
        key = destination.secrets.get("routing_key", "")
        if len(key) != 32 or not key.isalnum() or not key.isascii():
            raise Invalid("invalid", "Not an integration key.", errors={"routing_key": ["32 letters and digits."]})
        check_host(_api(destination), _HOSTS, entry="api")

    def send(self, destination: Destination, packets: Sequence[Packet]) -> Receipt:
        """Trigger, acknowledge or resolve the incident."""
        import pagerduty

        (packet,) = packets
        self.check(destination)
        event = event_of(packet)
        with _client(destination.secrets["routing_key"], _api(destination)) as client:
            try:
                taken = client.send_event(event.pop("event_action"), **event)
            except pagerduty.Error:
                # Its text may hold what was answered, and that what was sent.
                raise SendError("The answer is none of PagerDuty's: is the API address right?") from None
        if taken != event["dedup_key"]:
            raise SendError("The answer names another incident: is the API address right?")
        return Receipt(reference=taken)


def dedup_key(packet: Packet) -> str:
    """What PagerDuty tells incidents by: the alert, or the message where it is about none; and the tenant."""
    return f"forge:{tenant_id()}:{packet.alert or packet.id}"


def alert_of(key: str) -> str:
    """The alert's id in a key of this tenant's; empty where the key is another's."""
    prefix = f"forge:{tenant_id()}:"
    return key.removeprefix(prefix) if key.startswith(prefix) else ""


def event_of(packet: Packet) -> dict[str, Any]:
    """The event without its routing key."""
    message = packet.message
    action = _ACTIONS.get(Occasion(message["occasion"]), "trigger")
    event: dict[str, Any] = {"event_action": action, "dedup_key": dedup_key(packet)}
    if action != "trigger":
        return event
    test = message["occasion"] == Occasion.TEST
    details: dict[str, Any] = {name: value[:_MAX_DETAIL] for name, value in message["facts"]}
    if message["items"]:
        more = [f"and {message['more']} more"] if message["more"] else []
        details["Items"] = [item[:_MAX_DETAIL] for item in message["items"]] + more
    event["payload"] = {
        "summary": message["headline"][:_MAX_SUMMARY],
        "source": urlsplit(message["link"]).hostname or "forge-console",
        "severity": "info" if test else _SEVERITIES[Tier(message["tier"])],
        "custom_details": {**details, "Count": message["count"]},
    }
    named = [("Open in Forge Console", message["link"]), ("Acknowledge", packet.acknowledge)]
    event["links"] = [{"href": address, "text": text} for text, address in named if address]
    event["client"] = "Forge Console"
    return event


def _api(destination: Destination) -> str:
    return str(destination.settings.get("api") or API).rstrip("/")


def _client(key: str, api: str) -> "EventsApiV2Client":
    import httpx2
    import pagerduty

    class Checked(httpx2.BaseTransport):
        """Connections of ours."""

        def handle_request(self, request: httpx2.Request) -> httpx2.Response:
            headers = {name: value for name, value in request.headers.items() if name in ("content-type", "user-agent")}
            answer = post(str(request.url), body=request.read(), headers=headers)
            said = {"retry-after": answer.headers.get("retry-after", "")}
            return httpx2.Response(answer.status_code, headers=said, content=answer.content)

    class Client(pagerduty.EventsApiV2Client):
        """PagerDuty's client, without its own retries: it would sleep in a worker, and without end on a 429."""

        def postprocess(self, response: httpx2.Response) -> None:
            if response.status_code != 202:
                raise _error_of(response)

        @property
        def url(self) -> str:
            return api

        @url.setter
        def url(self, new_base_url: str) -> None:
            """Fixed: it was checked, and a proxy inside may speak plain HTTP."""

    client = Client(key, base_url=api, transport=Checked(), trust_env=False)
    client.max_network_attempts = 0
    return client


def _error_of(answer: "Response") -> SendError:
    status = answer.status_code
    text = " ".join(answer.text.split())[:300]
    if status == 429:
        return limited(f"429 {text}", answer.headers["retry-after"])
    if status >= 500 or status < 300 or status == 408:
        return SendError(f"{status} {text}")
    wrong_key = status == 400 and "routing" in text.lower() and "key" in text.lower()
    return SendError(f"{status} {text}", permanent=True, channel=status in _LASTING or wrong_key)
