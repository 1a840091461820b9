"""Who may do what. ``python -m tests.permissions`` writes it into docs/permissions.md; the tests beside it walk it."""

from tests.permissions.callers import (
    ADMINS,
    CI,
    EVERYBODY,
    NOBODY,
    NOT_SIGNED_IN,
    OPERATORS,
    READERS,
    SIGNED_IN,
    TENANT_ADMINS,
    Caller,
    Who,
)
from tests.permissions.lines import Door, Line, Pages, Room

SIGNATURE = "a signature under the code host's webhook secret"
LINK = "the link of a message about the alert"
PAGERDUTY = "a signature under a PagerDuty channel's webhook secret"
METRICS = "`METRICS_TOKEN`, or an address in `METRICS_ALLOWED_NETWORKS`"
API = "/api/compliance/"

CONSOLE = (
    Line("GET POST /", EVERYBODY, "Leads to the console"),
    Line("GET /admin/login/", EVERYBODY, "Where one signs in"),
    Line("POST /admin/login/", SIGNED_IN, "Signing in"),
    Line("GET /admin/", SIGNED_IN, "The first page; shows what one may see"),
    Line("POST /admin/logout/", EVERYBODY, "Signing out"),
    Line("GET /admin/logout/", NOT_SIGNED_IN, "Signs nobody out: a link could; leads others to the first page"),
    Line("GET POST /admin/password_change/", SIGNED_IN, "One's own password"),
    Line("GET /admin/password_change/done/", SIGNED_IN, "That it is changed"),
    Line("GET /admin/jsi18n/", SIGNED_IN, "Texts of Django's scripts"),
    Line("POST /admin/password_change/done/", NOBODY, "Not offered"),
    Line("POST /admin/jsi18n/", NOBODY, "Not offered"),
    Line("POST /admin/autocomplete/", NOBODY, "Not offered"),
    Line("GET POST /admin/search/", NOBODY, "Not offered: lists have their own search"),
    Line("GET POST /admin/<url>", NOBODY, "Any other address"),
)
ACKNOWLEDGING = Line("GET POST /alerts/acknowledge/<token>/", NOBODY, "An alert, and a button to take it", key=LINK)


def _alert_pages(readers: Who, admins: Who) -> tuple[Pages, ...]:
    """The same on both sites."""
    buttons = {f"{method} <key>/{verb}/": who for verb in ("on", "off", "test") for method, who in _button(admins)}
    on_alert = {
        f"{method} <key>/{verb}/": who for verb in ("acknowledge", "silence") for method, who in _button(admins)
    }
    marking = {"mark_selected_read": readers, "mark_all_read": readers}
    opening = {
        "POST <key>/open/": readers,
        "GET <key>/open/": NOBODY,
        "GET bell/": readers,
        "POST bell/": NOBODY,
        "POST read/": readers,
        "GET read/": NOBODY,
    }
    return (
        Pages("alerts.alert", "Alerts, and why people were told or not", reads=readers, more=on_alert),
        Pages("alerts.delivery", "Messages", reads=readers, actions={"send_selected_again": admins}),
        Pages("alerts.notification", "One's own notifications", reads=readers, actions=marking, more=opening),
        Pages("alerts.alertpolicy", "Policies", reads=readers, changes=admins),
        Pages("alerts.alertsettings", "The switch for emergencies", reads=readers, changes=admins),
        Pages("alerts.channel", "Channels", reads=admins, changes=admins, adds=admins, more=buttons),
        Pages("alerts.route", "Routes", reads=readers, changes=admins, adds=admins, deletes=admins),
        Pages("alerts.holiday", "Holidays", reads=readers, changes=admins, adds=admins, deletes=admins),
        Pages("alerts.silence", "Silences", reads=readers, adds=admins, actions={"end_selected": admins}),
    )


def _button(who: Who) -> tuple[tuple[str, Who], ...]:
    return ("POST", who), ("GET", NOBODY)


def _organisation(readers: Who, admins: Who) -> Pages:
    return Pages("accounts.organisation", "Business hours and managers", reads=readers, changes=admins)


ROOMS = (
    Room(
        "console",
        "What every page stands in",
        lines=(
            *CONSOLE,
            Line("POST /admin/", NOBODY, "Not offered"),
            Line("GET /admin/autocomplete/", READERS, "Suggestions of list filters, of what one may see"),
        ),
    ),
    Room(
        "accounts",
        "People, roles and CI tokens",
        lines=(
            Line("POST /api/auth/token", SIGNED_IN, "Username and password for JSON web tokens"),
            Line("POST /api/auth/token/refresh", SIGNED_IN, "A refresh token for a new access token"),
            Line("POST /api/auth/sign-out", SIGNED_IN, "The end of the JSON web token that one calls with"),
            Line("GET POST /admin/accounts/", READERS, "Overview of this part; shows what one may see"),
            Line("GET POST /admin/auth/", TENANT_ADMINS, "Overview of this part"),
        ),
        pages=(
            Pages(
                "accounts.user",
                "People and their roles",
                reads=TENANT_ADMINS,
                changes=TENANT_ADMINS,
                adds=TENANT_ADMINS,
                actions={"sign_out": TENANT_ADMINS},
                more={"GET POST <id>/password/": TENANT_ADMINS},
            ),
            Pages("auth.group", "What the roles may", reads=TENANT_ADMINS),
            Pages(
                "accounts.citoken",
                "CI tokens; nobody changes what one may do",
                reads=TENANT_ADMINS,
                adds=TENANT_ADMINS,
                actions={"revoke": TENANT_ADMINS},
                more={"POST <token_id>/revoke/": TENANT_ADMINS, "GET <token_id>/revoke/": NOBODY},
            ),
            Pages(
                "accounts.issuer",
                "Whose tokens are believed",
                reads=TENANT_ADMINS,
                changes=TENANT_ADMINS,
                adds=TENANT_ADMINS,
            ),
            _organisation(READERS, ADMINS),
        ),
    ),
    Room(
        "audit",
        "Who did what",
        lines=(
            Line(f"GET {API}audit", ADMINS, "Entries with their proof"),
            Line("GET POST /admin/audit/", ADMINS, "Overview of this part"),
        ),
        pages=(Pages("audit.auditentry", "The audit log", reads=ADMINS, more={"GET POST export.<kind>": ADMINS}),),
    ),
    Room(
        "alerts",
        "Who is told",
        lines=(
            ACKNOWLEDGING,
            Line(f"GET {API}alerts", READERS, "Alerts, filtered"),
            Line(f"GET {API}alerts/<alert_id>", READERS, "One alert with its history"),
            Line(f"POST {API}alerts/<alert_id>/acknowledge", ADMINS, "Say that somebody is at it"),
            Line(f"GET {API}notifications", READERS, "One's own notifications"),
            Line(f"POST {API}notifications/<notification_id>/read", READERS, "Mark one of one's own as read"),
            Line("POST /api/webhooks/pagerduty", NOBODY, "PagerDuty tells who is at it", key=PAGERDUTY),
            Line("GET POST /admin/alerts/", READERS, "Overview of this part"),
        ),
        pages=_alert_pages(READERS, ADMINS),
    ),
    Room(
        "compliance",
        "Reports, violations, rules and verdicts",
        lines=(
            Line(f"POST {API}reports", CI, "Report CI results; a token for the repositories that it names"),
            Line(f"GET {API}reports/<report_id>", READERS | CI, "What became of a report"),
            Line(f"POST {API}checks", CI, "Report single checks"),
            Line(f"GET {API}rules", READERS, "All rules and where they stand"),
            Line(f"GET {API}rule/<rule_id>", READERS, "One rule with its history"),
            Line(f"GET {API}trends", READERS, "What each day or week came to"),
            Line(f"GET {API}violations", READERS, "Violations, filtered"),
            Line(f"GET {API}violations/<violation_id>", READERS, "One violation"),
            Line(f"GET {API}pr", READERS | CI, "Open pull requests with their verdicts"),
            Line(f"GET {API}pr/default", READERS | CI, "The default branch's verdict"),
            Line(f"GET {API}pr/<number>", READERS | CI, "One pull request's verdict, and why"),
            Line(f"PATCH {API}pr/<number>", CI, "What CI knows of a pull request"),
            Line(f"GET {API}schema", EVERYBODY, "The API's description"),
            Line(f"GET {API}docs", EVERYBODY, "The same to be read"),
            Line("POST /api/webhooks/github", NOBODY, "GitHub tells of pull requests", key=SIGNATURE),
            Line("POST /api/webhooks/gitlab", NOBODY, "GitLab tells of merge requests", key=SIGNATURE),
            Line("GET POST /admin/compliance/", READERS | {Caller.CI_REPORTER}, "Overview of this part"),
        ),
        pages=(
            Pages(
                "compliance.violation",
                "Violations",
                reads=READERS,
                actions={"ask_for_overrides": READERS},
                more={"GET POST export/": READERS, "POST views/save/": READERS, "GET views/save/": NOBODY},
            ),
            Pages(
                "compliance.pullrequest",
                "Pull requests",
                reads=READERS | {Caller.CI_REPORTER},
                more={
                    "POST views/save/": READERS,
                    "GET views/save/": NOBODY,
                    "GET <pull_id>/past/": READERS | {Caller.CI_REPORTER},
                    "POST <pull_id>/past/": NOBODY,
                },
            ),
            Pages("compliance.rule", "Rules", reads=READERS, changes=ADMINS),
            Pages("compliance.repository", "Repositories", reads=READERS, changes=ADMINS),
            Pages(
                "compliance.submission",
                "The inbox",
                reads=READERS | {Caller.CI_REPORTER},
                actions={"queue_again": ADMINS},
                more={"POST <submission_id>/requeue/": ADMINS, "GET <submission_id>/requeue/": NOBODY},
            ),
            Pages("compliance.evaluation", "Evaluations", reads=READERS),
            Pages("compliance.tenantsettings", "Settings", reads=READERS, changes=ADMINS),
            Pages(
                "compliance.codehost",
                "Code hosts",
                reads=ADMINS,
                changes=TENANT_ADMINS,
                adds=TENANT_ADMINS,
                more={"POST <host_id>/try/": TENANT_ADMINS, "GET <host_id>/try/": NOBODY},
            ),
            Pages(
                "compliance.statusupdate",
                "What code hosts are told",
                reads=READERS,
                actions={"send_again": ADMINS},
            ),
        ),
    ),
    Room(
        "overrides",
        "Permission to merge in spite of violations; nobody decides their own request",
        lines=(
            Line(f"GET {API}overrides", READERS, "Requests, filtered"),
            Line(f"POST {API}overrides", READERS, "Ask for an override, or call violations false positives"),
            Line(f"GET {API}overrides/<override_id>", READERS, "One request, and what would follow"),
            Line(f"POST {API}overrides/<override_id>/approve", ADMINS, "Approve somebody else's request"),
            Line(f"POST {API}overrides/<override_id>/reject", ADMINS, "Reject somebody else's request"),
            Line(f"POST {API}overrides/<override_id>/revoke", ADMINS, "End one before its time"),
            Line(f"POST {API}overrides/<override_id>/withdraw", READERS, "Take one's own request back"),
            Line(f"POST {API}overrides/<override_id>/renew", READERS, "Ask again for what is left of one"),
            Line("GET POST /admin/overrides/", READERS, "Overview of this part"),
        ),
        pages=(
            Pages(
                "overrides.overriderequest",
                "Requests",
                reads=READERS,
                actions={"approve_selected": ADMINS, "reject_selected": ADMINS},
                more={
                    "GET POST ask/": READERS,
                    "POST decide/": ADMINS,
                    "POST <override_id>/approve/": ADMINS,
                    "POST <override_id>/reject/": ADMINS,
                    "POST <override_id>/revoke/": ADMINS,
                    "POST <override_id>/withdraw/": READERS,
                    "POST <override_id>/renew/": READERS,
                    "GET POST <override_id>/evidence/": READERS,
                    "GET decide/": NOBODY,
                    **{
                        f"GET <override_id>/{verb}/": NOBODY
                        for verb in ("approve", "reject", "revoke", "withdraw", "renew")
                    },
                },
            ),
        ),
    ),
    Room(
        "dashboard",
        "What is made of all of them",
        lines=(
            Line(f"GET {API}export/violations.<kind>", READERS, "Violations as a file, filtered"),
            Line(f"GET {API}export/pr.<kind>", READERS, "Pull requests as a file, filtered"),
            Line(f"GET {API}export/rules.<kind>", READERS, "Rules as a file"),
            Line(f"GET {API}export/overrides.<kind>", READERS, "Overrides as a file, filtered"),
            Line(f"GET {API}export/alerts.<kind>", READERS, "Alerts as a file, filtered"),
            Line(f"GET {API}export/evaluations.<kind>", READERS, "Evaluations as a file, filtered"),
            Line("GET /admin/trends/", READERS, "How compliance develops"),
            Line("GET /admin/rules/<rule_id>/", READERS, "One rule, where it is broken, how it develops"),
            Line("GET /admin/what-if/", READERS, "What other terms would do"),
            Line("POST /admin/what-if/", ADMINS, "Save them"),
            Line("GET POST /admin/dashboard/", READERS, "Overview of this part"),
        ),
        pages=(
            Pages("dashboard.savedview", "One's own saved views", reads=READERS, changes=READERS, deletes=READERS),
            Pages(
                "dashboard.export",
                "One's own files of violations",
                reads=READERS,
                more={
                    "GET POST <export_id>/download/": READERS,
                    "POST <export_id>/cancel/": READERS,
                    "GET <export_id>/cancel/": NOBODY,
                },
            ),
        ),
    ),
    Room(
        "health",
        "How well the tenant is served",
        lines=(
            Line(f"GET {API}health", READERS | CI, "State, warnings and figures"),
            Line("GET POST /admin/operations/", READERS | {Caller.CI_REPORTER}, "Overview of this part"),
        ),
        pages=(Pages("operations.sample", "System health", reads=READERS | {Caller.CI_REPORTER}),),
    ),
    Room(
        "archive",
        "What was kept, and where it is now",
        pages=(
            Pages("operations.retentionrun", "Runs of the retention, and what the next one takes", reads=READERS),
            Pages("operations.archivefile", "Files of the archive", reads=READERS),
        ),
    ),
    Room(
        "operations",
        "The platform, on the public host",
        site="public",
        lines=(
            *CONSOLE,
            Line("POST /admin/", SIGNED_IN, "The same"),
            ACKNOWLEDGING,
            Line("GET /admin/autocomplete/", OPERATORS, "Suggestions of list filters"),
            Line("GET /metrics", NOBODY, "Figures of all tenants, for Prometheus", key=METRICS),
            *(
                Line(f"GET POST /admin/{app}/", OPERATORS, "Overview of this part")
                for app in ("accounts", "alerts", "audit", "tenants", "operations", "django_celery_beat")
            ),
        ),
        pages=(
            Pages(
                "tenants.tenant",
                "Tenants",
                reads=OPERATORS,
                changes=OPERATORS,
                adds=OPERATORS,
                actions={"suspend": OPERATORS, "resume": OPERATORS},
            ),
            Pages(
                "accounts.user",
                "Operators",
                reads=OPERATORS,
                changes=OPERATORS,
                adds=OPERATORS,
                actions={"sign_out": OPERATORS},
                more={"GET POST <id>/password/": OPERATORS},
            ),
            Pages("operations.tenantreading", "Health of the platform and of all tenants", reads=OPERATORS),
            _organisation(OPERATORS, OPERATORS),
            *_alert_pages(OPERATORS, OPERATORS),
            Pages(
                "audit.auditentry",
                "What operators did",
                reads=OPERATORS,
                more={"GET POST export.<kind>": OPERATORS},
            ),
            *(
                Pages(
                    f"django_celery_beat.{model}",
                    about,
                    reads=OPERATORS,
                    changes=OPERATORS,
                    adds=OPERATORS,
                    deletes=OPERATORS,
                    actions=actions,
                )
                for model, about, actions in (
                    ("periodictask", "What runs when", {"enable_tasks": OPERATORS, "disable_tasks": OPERATORS}),
                    ("intervalschedule", "How often", {}),
                    ("crontabschedule", "At what times", {}),
                )
            ),
        ),
    ),
)

DOORS: dict[Door, Who] = {door: who for room in ROOMS for door, who in room.doors().items()}
KEYS: dict[Door, str] = {
    door: line.key for room in ROOMS for line in room.lines if line.key for door, _ in line.doors(room.site)
}
