"""A tenant with a row of everything and a person of every role, whose ids coincide with those of the other tenant."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from datetime import timedelta
from http.cookies import SimpleCookie
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import jwt
from allauth.socialaccount.models import SocialAccount
from django.contrib.sessions.models import Session
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models, transaction
from django.test import Client, modify_settings, override_settings
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask
from django_tenants.utils import tenant_context

from accounts.jwt import TenantAccessToken, TenantRefreshToken
from accounts.models import CIToken, Issuer, User
from accounts.people import save_person
from accounts.roles import Role
from alerts.models import Notification
from compliance.models import CodeHost, Evaluation, PullRequest, StatusUpdate, TenantSettings, Violation
from core.claims import Claimable
from core.ids import new_id
from dashboard.models import Export, SavedView
from operations.models import ArchiveBatch, ArchiveFile, RetentionRun, Sample, TenantReading
from overrides.models import OverrideRequest
from overrides.services.asking import request_override
from overrides.services.deciding import approve_override
from tenants.current import connection
from tenants.models import Tenant
from tests import factories
from tests.clients import TenantAPIClient, TenantClient
from tests.codehost.servers import TOKEN, CodeHostServer, GitHubRoutes
from tests.permissions.alerting import alerting
from tests.permissions.callers import PUBLIC_SITE, TENANT_SITE, Caller

REASON = "The vendor mends it in December, CHG-4711."
SHARED_KEY = "shared key of forty characters, at least."
FIRST_ID = 9_000_000
"""Of the people, in every schema."""
ROLES: Mapping[Caller, Role] = {Caller(role.value): role for role in Role}


class World:
    """A schema's rows, people and what they come with."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.site = "public" if tenant.schema_name == "public" else "tenant"
        self.callers = PUBLIC_SITE if self.site == "public" else TENANT_SITE
        self.password = f"{tenant.schema_name} correct horse"
        self.webhook_secret = f"{tenant.schema_name} webhook secret"
        self.people: dict[Caller, User] = {}
        self.jwts: dict[Caller, str] = {}
        self.vouched: dict[Caller, str] = {}
        """Tokens of an issuer that the tenant trusts, and of a CI service."""
        self.refreshes: dict[Caller, str] = {}
        self.browsers: dict[Caller, TenantClient] = {}
        self.clients: dict[tuple[Caller, str, bool], Client] = {}
        self.rows: dict[str, Any] = {}
        """Model → key of the row whose pages are opened; the first one where none is named."""
        self.keys: dict[str, Any] = {"url": "nowhere", "kind": "csv"}
        """Name of an argument of a route → what stands there."""
        self.own_requests: dict[Caller, Any] = {}
        """What a caller has asked for themselves."""
        self.own_notifications: dict[Caller, Any] = {}
        """What a caller was told."""
        self.own: dict[str, dict[Caller, Any]] = {}
        """Model → what is a caller's alone."""
        self.forms: dict[str, dict[str, Any]] = {}
        with tenant_context(tenant):
            self._people()
            self._platform() if self.site == "public" else self._reports()
            self._alerts()
            self._issuers()
            if self.site == "tenant":
                self._kept()

    def row(self, model: type[models.Model], caller: Caller | None = None) -> Any:
        """The key of the row whose pages are opened; of notifications the caller's own."""
        key = self.rows.get(model._meta.label_lower)
        if model is Notification and caller in self.own_notifications:
            key = self.own_notifications[caller]
        elif caller is not None:
            key = self.own.get(model._meta.label_lower, {}).get(caller, key)
        found = key if key is not None else model._default_manager.values_list("pk", flat=True).first()
        assert found is not None, f"There is no {model._meta.label_lower}: make one in tests/permissions/world.py."
        return found

    def come(self, caller: Caller, at: Tenant, *, to_api: bool, vouched: bool = False) -> Client:
        """A client of this world's caller at a host, with what they hold: a session, a JWT or a CI token.

        Args:
            vouched: with an issuer's token instead.
        """
        if vouched:
            header = f"Bearer {self.vouched[caller]}"
            return TenantAPIClient(at, **({"HTTP_AUTHORIZATION": header} if caller in self.vouched else {}))
        # A client reads every static file's name when it sends its first request: each is kept.
        client = self.clients.setdefault((caller, at.schema_name, to_api), self._client(caller, at, to_api=to_api))
        client.cookies = deepcopy(self.browsers[caller].cookies) if caller in self.browsers else SimpleCookie()
        if to_api:
            client.cookies = SimpleCookie()
        return client

    def _client(self, caller: Caller, at: Tenant, *, to_api: bool) -> Client:
        header = f"Token {self.ci_token}" if caller == Caller.CI_TOKEN else f"Bearer {self.jwts.get(caller)}"
        known = {} if caller == Caller.STRANGER else {"HTTP_AUTHORIZATION": header}
        return TenantAPIClient(at, **known) if to_api else TenantClient(at, **known)

    def smuggle_sessions(self, at: Tenant) -> None:
        """Copy the rows of this world's sessions into another schema."""
        with tenant_context(self.tenant):
            mine = [browser.session.session_key for browser in self.browsers.values()]
            sessions = list(Session.objects.filter(pk__in=mine))
        with tenant_context(at):
            for session in sessions:
                Session.objects.create(
                    session_key=session.session_key,
                    session_data=session.session_data,
                    expire_date=session.expire_date,
                )

    def _people(self) -> None:
        for number, caller in enumerate(Caller):
            if caller not in self.callers or caller in (Caller.STRANGER, Caller.CI_TOKEN):
                continue
            person = User(pk=FIRST_ID + number, username=caller.value.replace(" ", "-"))
            person.is_superuser = caller == Caller.OPERATOR
            person.set_password(self.password)
            save_person(person, role=ROLES.get(caller), by=None, at=timezone.now())
            self.people[caller] = person
            self.jwts[caller] = str(TenantAccessToken.for_user(person))
            self.refreshes[caller] = str(TenantRefreshToken.for_user(person))
            self.browsers[caller] = TenantClient(self.tenant)
            self.browsers[caller].force_login(person)
        target = save_person(
            User(username="somebody-else", password="!", is_superuser=self.site == "public"),
            role=None if self.site == "public" else Role.VIEWER,
            by=None,
            at=timezone.now(),
        )
        self.rows["accounts.user"] = self.keys["id"] = target.pk

    def _issuers(self) -> None:
        """The tenant's sign-in, which knows everybody here, and a CI service; they sign with shared keys."""
        schema = self.tenant.schema_name
        for slug, kind in (("login", "people"), ("jobs", "github")):
            Issuer.objects.create(
                slug=slug,
                name=slug,
                kind=kind,
                issuer=f"https://{slug}.example.com",
                audience="forge",
                shared_key=f"{schema} {SHARED_KEY}",
                repositories=["acme/*"] if kind == "github" else [],
            )
        for caller, person in self.people.items():
            SocialAccount.objects.create(user=person, provider="login", uid=caller.value)
        for caller in {*self.people, *([Caller.CI_TOKEN] if self.site == "tenant" else [])}:
            self.vouched[caller] = self._token(caller)

    def _token(self, caller: Caller) -> str:
        now = int(timezone.now().timestamp())
        slug, own = ("jobs", {"repository": "acme/shop"}) if caller == Caller.CI_TOKEN else ("login", {})
        claims = {"iss": f"https://{slug}.example.com", "aud": "forge", "sub": caller.value, "iat": now}
        return jwt.encode(claims | own | {"exp": now + 3600}, f"{self.tenant.schema_name} {SHARED_KEY}")

    def _platform(self) -> None:
        every, _ = IntervalSchedule.objects.get_or_create(every=3, period=IntervalSchedule.MINUTES)
        task = PeriodicTask.objects.create(name="walked", task="core.nothing", interval=every)
        self.rows |= {
            "tenants.tenant": Tenant.objects.get(schema_name="globex").pk,
            "django_celery_beat.periodictask": task.pk,
            "django_celery_beat.intervalschedule": IntervalSchedule.objects.create(every=7, period="days").pk,
            "django_celery_beat.crontabschedule": CrontabSchedule.objects.create(minute="7").pk,
        }
        TenantReading.objects.create(schema_name="acme")
        asleep = Tenant.objects.create(schema_name="asleep", name="Asleep", state=Tenant.State.SUSPENDED)
        self.keys |= {"token": "made-up", "resume": asleep.pk}

    def _reports(self) -> None:
        denied = [f"HARD STOP [Security/R01]: a query without its tenant in apps/{name}.ts" for name in "abcdefg"]
        judged = factories.judge(factories.report(deny=denied, commit_sha="a" * 40))
        factories.judge(factories.report(pr_number=None, branch="main"))
        failed = factories.submit(factories.report())
        failed.status, failed.error = Claimable.Status.FAILED, "It fell over."
        failed.save(update_fields=["status", "error"])
        self.ci_token = factories.ci_token()
        factories.ci_token()
        self.rows |= {
            "compliance.rule": "R01",
            "compliance.submission": failed.pk,
            "compliance.pullrequest": judged.pull_request_id,
            "compliance.evaluation": judged.pk,
            "accounts.citoken": CIToken.objects.latest("pk").pk,
        }
        self.keys |= {
            "report_id": judged.submission_id,
            "rule_id": "R01",
            "violation_id": Violation.objects.earliest("pk").pk,
            "number": 1,
            "token_id": self.rows["accounts.citoken"],
            "submission_id": failed.pk,
            "pull_id": judged.pull_request_id,
        }
        TenantSettings.objects.create(pk=TenantSettings.PK)
        Sample.objects.create(at=timezone.now())
        self._archive()
        self._overrides()
        self._code_host(judged)

    def _archive(self) -> None:
        at, key = timezone.now(), new_id()
        RetentionRun.objects.create(task=RetentionRun.Task.RETENTION, started_at=at)
        batch = ArchiveBatch.objects.create(kind="checks", date=at, first_key=key, last_key=key, written_at=at)
        about = {"table": "checks", "date": at, "path": "x", "rows": 1, "size": 1, "columns": {}}
        ArchiveFile.objects.create(
            batch=batch, first_key=str(key), last_key=str(key), written_at=at, sha256="", **about
        )

    def _overrides(self) -> None:
        free, waiting, granted, *own = Violation.objects.order_by("pk").values_list("pk", flat=True)
        somebody = User.objects.get(pk=self.rows["accounts.user"])
        askers = [self.people[caller] for caller in (Caller.VIEWER, Caller.COMPLIANCE_ADMIN, Caller.TENANT_ADMIN)]

        def asked(violation: UUID, by: User) -> OverrideRequest:
            file = SimpleUploadedFile("ticket.txt", b"CHG-4711")
            return request_override(violations=[violation], reason=REASON, by=by, at=timezone.now(), evidence=file)

        approved = asked(granted, somebody)
        approve_override(override_id=approved.pk, by=askers[-1], at=timezone.now())
        self.keys["free"], self.keys["override_id"] = free, asked(waiting, somebody).pk
        self.rows["overrides.overriderequest"] = self.keys["override_id"]
        self.keys["approved"] = approved.pk
        self.own_requests = {
            Caller(asker.username): asked(violation, asker).pk for violation, asker in zip(own, askers, strict=False)
        }

    def _code_host(self, judged: Evaluation) -> None:
        host = CodeHost.objects.create(
            kind="github", name="GitHub", base_url="http://127.0.0.1:1", webhook_secret=self.webhook_secret, token=TOKEN
        )
        CodeHost.objects.create(
            kind="gitlab", name="GitLab", base_url="http://127.0.0.1:1", webhook_secret=self.webhook_secret
        )
        now = timezone.now()
        update = StatusUpdate.objects.create(
            kind="status",
            host=host,
            repository=PullRequest.objects.get(pk=judged.pull_request_id).repository,
            pull_request_id=judged.pull_request_id,
            target="a" * 40,
            status=Claimable.Status.FAILED,
            received_at=now,
            run_after=now,
        )
        self.rows |= {"compliance.codehost": host.pk, "compliance.statusupdate": update.pk}
        self.keys["host_id"] = host.pk

    def _alerts(self) -> None:
        made = alerting(self.people.values(), webhook_secret=self.webhook_secret)
        self.rows |= made.rows
        self.keys |= {**made.keys, "token": "made-up"}
        self.own_notifications = dict(zip(self.people, made.notifications, strict=True))

    def _kept(self) -> None:
        """A saved view and a file of everybody's own, whether or not they may read it."""
        views, exports = {}, {}
        now = timezone.now()
        for caller, person in self.people.items():
            page = SavedView.Page.VIOLATIONS
            views[caller] = SavedView.objects.create(owner=person, page=page, name="Mine", query="standing=live").pk
            export = Export(asked_by=person, kind="csv", received_at=now, run_after=now, status=Export.Status.DONE)
            export.expires_at = now + timedelta(days=1)
            export.file.save("walked.csv", ContentFile(b"id\r\n"), save=True)
            exports[caller] = export.pk
        self.own = {"dashboard.savedview": views, "dashboard.export": exports}
        self.rows |= {name: next(iter(own.values())) for name, own in self.own.items()}
        self.keys["export_id"] = self.rows["dashboard.export"]


class Worlds:
    """acme, the other tenant and the public site, with every caller's session smuggled into the others."""

    def __init__(self) -> None:
        connection.set_schema_to_public()
        tenants = {tenant.schema_name: tenant for tenant in Tenant.objects.all()}
        self.own, self.other = World(tenants["acme"]), World(tenants["globex"])
        self.public = World(tenants["public"])
        # The same keys hold in every schema: a session that is followed finds somebody with rights.
        self.own.smuggle_sessions(self.other.tenant)
        self.own.smuggle_sessions(self.public.tenant)
        self.public.smuggle_sessions(self.own.tenant)

    def of(self, site: str) -> World:
        """Where a site's own people are."""
        return self.public if site == "public" else self.own

    def strangers_to(self, site: str) -> Iterator[tuple[World, World]]:
        """Where people come from, and where they are strangers."""
        if site == "public":
            yield self.own, self.public
        else:
            yield self.own, self.other
            yield self.public, self.own


@contextmanager
def all_worlds() -> Iterator[Worlds]:
    """Everything, made once and rolled back at the end."""
    limits = {"person": 10**6, "ci": 10**6, "anonymous": 10**6}
    with ExitStack() as stack:
        files = stack.enter_context(TemporaryDirectory())
        stack.enter_context(override_settings(THROTTLE_RATES=limits, MEDIA_ROOT=files))
        stack.enter_context(modify_settings(MIDDLEWARE={"append": "tests.permissions.rendering.Unrendered"}))
        server = stack.enter_context(CodeHostServer(GitHubRoutes).running())
        stack.callback(connection.set_schema_to_public)
        stack.enter_context(transaction.atomic())
        stack.callback(transaction.set_rollback, True)
        worlds = Worlds()
        for world in (worlds.own, worlds.other):
            with tenant_context(world.tenant):
                CodeHost.objects.filter(kind="github").update(base_url=server.url)
        yield worlds
