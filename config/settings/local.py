"""At home and in the demo: embedded engines, plain HTTP, names under ``localhost``."""

from config.settings.base import *

SECRET_KEY = env.str("SECRET_KEY", default="local-only-" + "0" * 40)
FIELD_ENCRYPTION_KEYS = FIELD_ENCRYPTION_KEYS or [SECRET_KEY]
SITE_SCHEME = env.str("SITE_SCHEME", default="http")
SITE_PORT = env.str("SITE_PORT", default="8000")
DATABASES = database_settings(env.str("DATABASE_URL", default="postgresql://127.0.0.1/forge"), OWNER_DATABASE_URL)
# No collectstatic at home: files are served from where the packages keep them.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
# Nobody but this machine reaches a server that listens on loopback.
METRICS_ALLOWED_NETWORKS = METRICS_ALLOWED_NETWORKS or ["127.0.0.0/8", "::1/128"]
