"""``GET health``."""
