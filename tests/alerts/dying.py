"""``python -m tests.alerts.dying STEP``: a worker that delivers one message of acme's and is killed at a step of it."""

import os
import signal
import sys
from collections.abc import Sequence

import django

STEPS = ("before the claim", "after the claim", "after sending", "nowhere")


def main(step: str) -> None:
    """Deliver one message, as far as the step."""
    from alerts import delivery
    from alerts.channels import TRANSPORTS
    from alerts.channels.base import Destination, Packet, Receipt
    from alerts.channels.slack import SlackTransport
    from alerts.choices import ChannelKind
    from tenants.current import connection
    from tenants.models import Tenant

    class Mortal(SlackTransport):
        """Slack's transport, around which the worker dies."""

        def send(self, destination: Destination, packets: Sequence[Packet]) -> Receipt:
            if step == "after the claim":
                die()
            receipt = super().send(destination, packets)
            if step == "after sending":
                die()
            return receipt

    TRANSPORTS[ChannelKind.SLACK] = Mortal()
    connection.set_tenant(Tenant.objects.get(schema_name="acme"))
    if step == "before the claim":
        die()
    delivery.deliver_next()


def die() -> None:
    """As the kernel does it when memory runs out: no time for anything."""
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    django.setup()
    main(sys.argv[1])
