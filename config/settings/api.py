"""The REST API and its description."""

from config.settings.environment import RELEASE

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.CITokenAuthentication",
        "accounts.authentication.IssuerAuthentication",
        "accounts.authentication.TenantJWTAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["core.api.permissions.HasPermissions"],
    "DEFAULT_PARSER_CLASSES": ["core.api.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["core.api.renderers.FastJSONRenderer"],
    "DEFAULT_THROTTLE_CLASSES": ["accounts.throttles.CallerThrottle"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "core.api.exceptions.problem_of_exception",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
# Requests a minute, by who asks.
THROTTLE_RATES = {"person": 100, "ci": 6000, "anonymous": 60}
SPECTACULAR_SETTINGS = {
    "TITLE": "Forge Console",
    "DESCRIPTION": "Policy results in, verdicts and violations out.",
    "VERSION": RELEASE,
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": r"/api",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "Severity": "compliance.choices.Severity",
        "ViolationStatus": "compliance.choices.Status",
        "CheckOutcome": "compliance.choices.Outcome",
        "ReportStatus": "core.claims.Claimable.Status",
        "VerdictEnum": "compliance.choices.Verdict",
        "PullState": "compliance.choices.PullState",
        "AlertTier": "alerts.choices.Tier",
        "AlertState": "alerts.choices.AlertState",
        "OverrideStatus": "overrides.choices.Standing",
        "HealthStatus": "operations.condition.Status",
        "OverrideKind": "overrides.choices.Kind",
    },
}
