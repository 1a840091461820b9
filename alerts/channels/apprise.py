"""Any service that Apprise knows: https://appriseit.com/services/.

Apprise opens its own connections, which nobody here can check. So only schemas are taken that call a fixed host, or
one that its maker alone can give out, and only parameters that name neither files nor addresses; an installation
may allow all (``ALERT_APPRISE_ANY_URL``).
"""

import logging
import re
import threading
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import parse_qsl, urlsplit

from django.conf import settings

from alerts.channels.base import Destination, Entry, Packet, Receipt, SendError
from alerts.channels.calling import limited
from alerts.choices import Occasion, Tier
from core.errors import Invalid

if TYPE_CHECKING:
    from apprise import NotifyBase

FIXED = frozenset(
    [
        "dingtalk",
        "discord",
        "feishu",
        "firehydrant",
        "flock",
        "gchat",
        "groupme",
        "ilert",
        "incidentio",
        "lark",
        "opsgenie",
        "pagertree",
        "pbul",
        "pover",
        "signl4",
        "spike",
        "splunk",
        "squadcast",
        "stackfield",
        "tgram",
        "threema",
        "twilio",
        "twist",
        "victorops",
        "webex",
        "wecombot",
        "wxteams",
        "zoom",
    ]
)
"""Schemas whose address names no host: Apprise has it in its code."""
OF_ITS_MAKER = {"workflows": (".logic.azure.com", ".environment.api.powerplatform.com")}
"""Schemas whose host is one that only their maker gives out: Microsoft Teams."""
_PARAMETERS = frozenset({"region", "priority", "to", "thread", "topic", "token", "key", "mode", "tags", "workflow"})
_KINDS = {Tier.BLOCK: "failure", Tier.OVERRIDE: "warning", Tier.WARNING: "warning"}
_STATUS = re.compile(r"error=(\d{3})\b")
_LASTING = frozenset({401, 403, 404, 410})


class AppriseTransport:
    """Plain text through one Apprise address, which holds the service's secrets."""

    entries: ClassVar[Sequence[Entry]] = (
        Entry(
            name="url",
            label="Apprise URL",
            help="discord://…, workflows://… (Teams), opsgenie://…, tgram://…: https://appriseit.com/services/",
            secret=True,
        ),
    )
    interval: ClassVar[timedelta] = timedelta(seconds=1)
    bundle: ClassVar[int] = 1

    def check(self, destination: Destination) -> None:
        """An address that Apprise understands and that leads nowhere else."""
        _service(destination.secrets.get("url", ""))

    def send(self, destination: Destination, packets: Sequence[Packet]) -> Receipt:
        """Hand it to Apprise, which says yes or no, and in its log why."""
        (packet,) = packets
        service = _service(destination.secrets["url"])
        over = packet.message["occasion"] in (Occasion.RESOLVED, Occasion.TEST)
        with _Statuses() as heard:
            taken = service.notify(
                body=text_of(packet),
                title=packet.message["headline"],
                notify_type="success" if over else _KINDS[Tier(packet.message["tier"])],
                body_format="text",
            )
        if not taken:
            raise _error_of(heard.statuses[-1] if heard.statuses else None)
        return Receipt()


def text_of(packet: Packet) -> str:
    """The message below its headline."""
    message = packet.message
    lines = [f"{name}: {value}" for name, value in message["facts"]] + [f"- {item}" for item in message["items"]]
    lines += [f"- and {message['more']} more"] if message["more"] else []
    lines += [f"Open: {message['link']}"] if message["link"] else []
    lines += [f"Acknowledge: {packet.acknowledge}"] if packet.acknowledge else []
    return "\n".join(lines) or message["title"]


def _service(address: str) -> "NotifyBase":
    """What Apprise makes of an address.

    Raises:
        Invalid: it is none, or leads to a host that anybody could name.
    """
    # Apprise knows a hundred services and takes a second to import them.
    from apprise import Apprise, AppriseAsset

    if not settings.ALERT_APPRISE_ANY_URL:
        _check_names(address)
    asset = AppriseAsset(app_id="Forge Console", app_desc="Forge Console", async_mode=False, storage_mode="memory")
    service = Apprise.instantiate(address, asset=asset, suppress_exceptions=True)
    if service is None:
        raise _refused("Apprise does not understand it.")
    suffixes = OF_ITS_MAKER.get(_schema(address), ())
    if suffixes and not settings.ALERT_APPRISE_ANY_URL and not str(service.host).lower().endswith(suffixes):
        raise _refused(f"The host has to end in {' or '.join(suffixes)}.")
    if not settings.ALERT_APPRISE_ANY_URL:
        service.redirects = False
    service.retry = 0
    return service


def _check_names(address: str) -> None:
    schema = _schema(address)
    if schema not in FIXED | OF_ITS_MAKER.keys():
        known = ", ".join(sorted(FIXED | OF_ITS_MAKER.keys()))
        raise _refused(f"Known are {known}; an operator may allow others (ALERT_APPRISE_ANY_URL).")
    foreign = {name.lower() for name, _ in parse_qsl(urlsplit(address).query, keep_blank_values=True)} - _PARAMETERS
    if foreign:
        raise _refused("It has parameters that are not taken here.")


def _schema(address: str) -> str:
    return address.partition("://")[0].lower()


def _refused(reason: str) -> Invalid:
    return Invalid("invalid", "Not an Apprise URL that may be used.", errors={"url": [reason]})


def _error_of(status: int | None) -> SendError:
    if status is None:
        return SendError("The service did not take it.")
    said = f"The service answered {status}."
    if status == 429:
        return limited(said, "")
    return SendError(said, permanent=400 <= status < 500 and status != 408, channel=status in _LASTING)


class _Statuses(logging.Handler):
    """The statuses that Apprise notes in its log, in this thread, within a block."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.statuses: list[int] = []
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the number alone: the rest may hold what is secret."""
        found = _STATUS.search(record.getMessage())
        if found and record.thread == self._thread:
            self.statuses.append(int(found[1]))

    def __enter__(self) -> "_Statuses":
        logging.getLogger("apprise").addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger("apprise").removeHandler(self)
