"""How soon 50 violations of 50 pull requests have reached Slack, email and the console: from report to delivered."""

import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter

import orjson

from accounts.roles import Role
from alerts.choices import ChannelKind, Occasion, Tier
from alerts.models import AlertPolicy, Channel, Delivery, Notification
from compliance.models import Submission
from tests import factories
from tests.alerts.servers import MailServer, SlackServer
from tests.load.figures import Figure
from tests.running import RunningSite, wait_until

PULLS = 50
FIRST = 9_000
"""Numbers of pull requests that no other group uses."""
GOAL, LIMIT = 5.0, 60.0
TEAM = "alerts-team@example.com"
_PROCESSES = ("web", "worker", "urgent", "outbox")


def figures() -> Iterator[Figure]:
    """All at once, into channels of local servers that answer as the real ones do."""
    slack, mail = SlackServer(), MailServer()
    with ExitStack() as site:
        site.enter_context(slack.running())
        port = site.enter_context(mail.running())
        folder = Path(site.enter_context(tempfile.TemporaryDirectory()))
        _set_up(slack)
        # The public settings know no server of this machine.
        environment = {
            "EMAIL_URL": f"smtp://127.0.0.1:{port}",
            "OUTGOING_ALLOWED_NETWORKS": "127.0.0.0/8",
            "ALERT_PROVIDER_HOSTS": "127.0.0.1",
            "FIELD_ENCRYPTION_KEYS": _key(),
        }
        running = site.enter_context(RunningSite(folder, runs=_PROCESSES, environment=environment))
        took = _took(running, factories.ci_token())
        stages = _stages()
    yield Figure(
        f"{PULLS} blocking pull requests at once, report to all told",
        f"{took:.1f} s",
        goal=f"< {GOAL:g} s; {LIMIT:g} s must hold",
        holds=took < GOAL,
    )
    yield Figure("the same: until the last is judged, mailed, in Slack, in the console", stages)
    yield _exactly_once(slack, mail)


def _key() -> str:
    from django.conf import settings

    return str(settings.FIELD_ENCRYPTION_KEYS[0])


def _set_up(slack: SlackServer) -> None:
    factories.user(Role.COMPLIANCE_ADMIN, password="long enough")
    AlertPolicy.objects.filter(pk=Tier.BLOCK).update(channels=["slack", "email"])
    secrets = orjson.dumps({"webhook_url": slack.webhook}).decode()
    Channel.objects.create(kind=ChannelKind.SLACK, name="bench", secrets=secrets)
    Channel.objects.create(kind=ChannelKind.EMAIL, name="bench", settings={"recipients": [TEAM]})


def _took(site: RunningSite, token: str) -> float:
    """Seconds from the first report to the last delivery, as the database has it."""
    bodies = [
        factories.report(
            run_id=f"alerting-{number}", pr_number=number, deny=[f"HARD STOP [Security/R01]: a query in {number}.ts"]
        )
        for number in range(FIRST, FIRST + PULLS)
    ]
    began = perf_counter()
    with ThreadPoolExecutor(8) as pool:
        statuses = Counter(pool.map(lambda body: site.post("acme", body, token).status, bodies))
    assert set(statuses) <= {200, 201, 202}, statuses
    wait_until(_all_told, within=180, what="everybody is told", every=0.1)
    return perf_counter() - began


def _stages() -> str:
    """Where the time went: seconds from the first report to the last step of each kind."""
    first = Submission.objects.filter(run_id__startswith="alerting-").earliest("received_at").received_at
    lasts = [Submission.objects.filter(run_id__startswith="alerting-").latest("finished_at").finished_at]
    for kind in (ChannelKind.EMAIL, ChannelKind.SLACK, ChannelKind.IN_APP):
        lasts.append(Delivery.objects.filter(channel__kind=kind).latest("finished_at").finished_at)
    return ", ".join(f"{(last - first).total_seconds():.1f} s" for last in lasts)


def _all_told() -> bool:
    told = Delivery.objects.filter(occasion=Occasion.OPENED, status="done", channel__name__in=["bench", "console"])
    return told.count() == 3 * PULLS


def _exactly_once(slack: SlackServer, mail: MailServer) -> Figure:
    mails = Counter(str(one["Subject"]) for one in mail.taken)
    said = orjson.dumps(slack.posted).decode()
    notes = Notification.objects.filter(delivery__occasion=Occasion.OPENED).values_list("user", "title")
    in_slack = [said.count(f"#{number}") for number in range(FIRST, FIRST + PULLS)]
    once = (
        len(mails) == PULLS == len(mail.taken)
        and len(set(notes)) == len(notes)
        and len(notes) % PULLS == 0
        and all(in_slack)
        and Delivery.objects.exclude(status="done").count() == 0
    )
    return Figure(
        "the same: sent twice, or failed",
        f"{len(mail.taken) - len(mails)} mails; {len(slack.posted)} Slack messages hold {PULLS}",
        goal="none",
        holds=once,
    )
