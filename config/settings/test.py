"""The test suite: the real engines that ``tests.engines`` started, the login role, and a fast password hasher."""

from config.settings.base import *

SECRET_KEY = env.str("SECRET_KEY", default="tests-only-" + "0" * 40)
FIELD_ENCRYPTION_KEYS = [SECRET_KEY]
# The code hosts and channels of the tests are servers of ours.
OUTGOING_ALLOWED_NETWORKS = ["127.0.0.0/8"]
ALERT_PROVIDER_HOSTS = ["127.0.0.1"]
OWNER_DATABASE_URL = ""
DATABASES = database_settings(env.str("DATABASE_URL", default="postgresql://127.0.0.1/forge"), "")
# A thread of its own would write beside the tests.
PROCESS_READING_SECONDS = 0.0
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
WHITENOISE_USE_FINDERS = True
# Looked up when it is asked for: every test client loads the middleware, and would list all static files anew.
WHITENOISE_AUTOREFRESH = True
LOGGING["root"]["level"] = "WARNING"
