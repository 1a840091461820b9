"""Email, as text and as HTML, through whatever backend Django is set up with."""

import smtplib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email
from django.template.loader import render_to_string

from alerts.channels.base import Destination, Entry, Packet, Receipt, SendError
from alerts.choices import Tier
from alerts.messages import class_of
from core.errors import Invalid

_LASTING = range(500, 600)
_COLOURS = {Tier.BLOCK: "#b91c1c", Tier.OVERRIDE: "#b45309", Tier.WARNING: "#4b5563"}


class EmailTransport:
    """One message to one recipient. Repeated, it bears the same Message-ID; about one alert, they make one thread."""

    entries: ClassVar[Sequence[Entry]] = (
        Entry(
            name="recipients",
            label="Recipients",
            help="One address a line. None: the tenant's administrators.",
            required=False,
            many=True,
        ),
    )
    interval: ClassVar[timedelta] = timedelta()
    bundle: ClassVar[int] = 1

    def check(self, destination: Destination) -> None:
        """Addresses that can be one."""
        wrong = [text for text in destination.settings.get("recipients", []) if not _is_address(text)]
        if wrong:
            reason = f"Not an email address: {', '.join(wrong)}."
            raise Invalid("invalid", reason, errors={"recipients": [reason]})

    def send(self, destination: Destination, packets: Sequence[Packet]) -> Receipt:
        """Hand it to the mail server."""
        (packet,) = packets
        mail = mail_of(packet)
        try:
            mail.send()
        except smtplib.SMTPRecipientsRefused as error:
            code, said = next(iter(error.recipients.values()))
            raise SendError(f"{code} {_text(said)}", permanent=code in _LASTING) from error
        except smtplib.SMTPAuthenticationError as error:
            # The server is the installation's: an operator mends it, no tenant's channel is wrong.
            raise SendError(f"The mail server does not let us in: {error.smtp_code}") from error
        except smtplib.SMTPResponseException as error:
            lasting = error.smtp_code in _LASTING
            raise SendError(f"{error.smtp_code} {_text(error.smtp_error)}", permanent=lasting) from error
        except (smtplib.SMTPException, OSError) as error:
            raise SendError(f"{type(error).__name__}: {error}"[:500]) from error
        return Receipt(reference=str(mail.extra_headers["Message-ID"]))


def mail_of(packet: Packet) -> EmailMultiAlternatives:
    """The message as it is sent."""
    message = packet.message
    context = {
        "message": message,
        "acknowledge": packet.acknowledge,
        "class": class_of(message),
        "colour": _COLOURS[Tier(message["tier"])],
    }
    headers: dict[str, Any] = {
        "Message-ID": message_id(f"{packet.id}"),
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }
    if packet.alert:
        # The alert itself is the root that all of its messages answer: mail programs show them as one thread.
        headers["References"] = headers["In-Reply-To"] = message_id(f"alert.{packet.alert}")
    mail = EmailMultiAlternatives(
        subject=" ".join(message["headline"].split())[:200],
        body=render_to_string("alerts/email.txt", context),
        to=[packet.recipient],
        headers=headers,
    )
    mail.attach_alternative(render_to_string("alerts/email.html", context), "text/html")
    return mail


def message_id(name: str) -> str:
    """An id of this installation that is the same for the same name."""
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">")
    return f"<{name}@{domain}>"


def _is_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


def _text(said: bytes | str) -> str:
    return (said.decode(errors="replace") if isinstance(said, bytes) else str(said))[:300]
