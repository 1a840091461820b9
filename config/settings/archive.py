"""Where what is no longer kept in the database lies: a folder, or a bucket that speaks S3."""

from typing import Any

from config.settings.environment import BASE_DIR, env

ARCHIVE_BUCKET = env.str("ARCHIVE_BUCKET", default="")
# How long operators' own alerts are kept, in days; each tenant says so itself in its settings.
OPERATOR_ALERTS_KEPT_DAYS = env.int("OPERATOR_ALERTS_KEPT_DAYS", default=30)
# How long restored rows stay before the retention takes them again, in days.
ARCHIVE_RESTORED_DAYS = env.int("ARCHIVE_RESTORED_DAYS", default=30)

_FOLDER: dict[str, Any] = {
    "BACKEND": "operations.archive.places.ArchiveFolder",
    "OPTIONS": {"location": env.str("ARCHIVE_ROOT", default=str(BASE_DIR / ".archive"))},
}
_BUCKET: dict[str, Any] = {
    "BACKEND": "storages.backends.s3.S3Storage",
    "OPTIONS": {
        "bucket_name": ARCHIVE_BUCKET,
        "location": env.str("ARCHIVE_PREFIX", default=""),
        "endpoint_url": env.str("ARCHIVE_ENDPOINT", default="") or None,
        "region_name": env.str("ARCHIVE_REGION", default="") or None,
        # Without a key of its own it signs in as boto3 does: a role, the environment, a file.
        "access_key": env.str("ARCHIVE_ACCESS_KEY", default="") or None,
        "secret_key": env.str("ARCHIVE_SECRET_KEY", default="") or None,
        "file_overwrite": False,
        "default_acl": None,
    },
}
ARCHIVE_STORAGE = _BUCKET if ARCHIVE_BUCKET else _FOLDER
