"""Redis (throttles, caches, messages: all of it dispensable, nothing waits for it) and Celery on top of it."""

from celery.schedules import crontab

from config.settings.environment import env

REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
REDIS_TIMEOUT = 0.2  # seconds
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_FUNCTION": "django_tenants.cache.make_key",
        "REVERSE_KEY_FUNCTION": "django_tenants.cache.reverse_key",
        "KEY_PREFIX": "forge",
        "OPTIONS": {"socket_timeout": REDIS_TIMEOUT, "socket_connect_timeout": REDIS_TIMEOUT},
    }
}

# --- Celery ---
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_RESULT_EXPIRES = None  # nothing is kept, so nothing has to be cleaned up
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# Reports that one worker judges at a time; each needs one of its role's connections.
CELERY_WORKER_CONCURRENCY = env.int("WORKER_CONCURRENCY", default=5)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a long outage ends some time; workers wait for it
CELERY_WORKER_HIJACK_ROOT_LOGGER = False  # its format would not say whose work a line is of
# More than a process has threads: a thread must never wait for another one's producer. Celery sets the same limit when
# it first publishes itself, and could not lower it under a connection that is in use.
CELERY_BROKER_POOL_LIMIT = 64
CELERY_TIMEZONE = "UTC"
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = "inbox"
CELERY_TASK_TENANT_CACHE_SECONDS = 60
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
TRENDS_SECONDS = env.float("TRENDS_SECONDS", default=180.0)  # how old today's trends may be
CELERY_BEAT_SCHEDULE = {
    # To the minute; one that waits longer than that is overtaken by the next.
    "look-at-the-clock": {
        "task": "alerts.look_at_the_clock",
        "schedule": 60.0,
        "options": {"queue": "alerts", "expires": 55},
    },
    "end-overrides": {
        "task": "overrides.tick_everywhere",
        "schedule": crontab(),
        "options": {"queue": "urgent", "expires": 55},
    },
    "refresh-trends": {
        "task": "compliance.refresh_trends_everywhere",
        "schedule": TRENDS_SECONDS,
        "options": {"queue": "alerts", "expires": TRENDS_SECONDS},
    },
    "sample-health": {
        "task": "operations.sample_everywhere",
        "schedule": crontab(),
        "options": {"queue": "alerts", "expires": 55},
    },
    "remove-exports": {"task": "dashboard.remove_expired_exports", "schedule": crontab(minute="20")},
    "anchor-audit": {"task": "audit.anchor", "schedule": crontab(hour="0", minute="10")},
    # At night, UTC. A message that nobody takes for an hour is overtaken by the next night's.
    "retention": {
        "task": "operations.retention_everywhere",
        "schedule": crontab(hour="1", minute="40"),
        "options": {"queue": "housekeeping", "expires": 3600},
    },
    "archive": {
        "task": "operations.archive_everywhere",
        "schedule": crontab(hour="3", minute="10", day_of_week="0"),
        "options": {"queue": "housekeeping", "expires": 3600},
    },
}
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "global_keyprefix": env.str("REDIS_KEY_PREFIX", default="forge."),
    # Longer than the longest task, or it would run twice at once.
    "visibility_timeout": 120,
    # A killed worker's message comes back after the timeout and this sweep.
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "priority_steps": list(range(10)),
    "queue_order_strategy": "priority",
    "socket_keepalive": True,
}
