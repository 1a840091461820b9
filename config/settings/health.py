"""Health, metrics and thresholds (docs/monitoring)."""

from config.settings.environment import env

# The role that reads the server's statistics of all tenants' roles: query times and connections. Without it they are
# unknown.
MONITOR_DATABASE_URL = env.str("MONITOR_DATABASE_URL", default="")
# Where each process tells of itself: as the web's role, whichever one it works as.
READING_DATABASE_URL = env.str("DATABASE_URL", default="postgresql://127.0.0.1/forge")
# How often each process tells of itself: its pool, and how fast it has answered. 0: never.
PROCESS_READING_SECONDS = env.float("PROCESS_READING_SECONDS", default=15.0)
# What beat asks every minute, as people reach the site: https://forge.example.com/readyz. Without one, a web process
# that tells of itself will do.
HEALTH_CHECK_URL = env.str("HEALTH_CHECK_URL", default="")
# Who may read /metrics on the public host: who knows the token (Authorization: Bearer …), or calls from these networks
# (10.20.0.0/16,fd12::/48). Nobody, where neither is set.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
METRICS_ALLOWED_NETWORKS: list[str] = env.list("METRICS_ALLOWED_NETWORKS", default=[])
