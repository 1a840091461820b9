"""Pages: what a browser may do with them, and how often their parts ask for news."""

from config.settings.environment import env

# Alpine, which Unfold's pages are made with, evaluates the expressions of its attributes: hence 'unsafe-eval'. Scripts
# and handlers within a page are refused all the same. Styles within it are not: Unfold writes the colours there.
CONTENT_SECURITY_POLICY = {
    "default-src": "'self'",
    "script-src": "'self' 'unsafe-eval'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data:",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
# What no page of ours needs.
PERMISSIONS_POLICY = (
    "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
    "magnetometer=(), microphone=(), midi=(), payment=(), usb=()"
)

# Seconds between two questions of a page that is looked at, by what is asked about (core.templatetags.live).
LIVE_SECONDS: dict[str, int] = {
    "status": env.int("LIVE_STATUS_SECONDS", default=300),
    "violations": env.int("LIVE_VIOLATIONS_SECONDS", default=120),
    "trends": env.int("LIVE_TRENDS_SECONDS", default=900),
    "bell": env.int("LIVE_BELL_SECONDS", default=120),
    "export": env.int("LIVE_EXPORT_SECONDS", default=3),
}
