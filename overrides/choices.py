"""The words of this room."""

from django.db.models import TextChoices


class Kind(TextChoices):
    """What is asked for."""

    OVERRIDE = "OVERRIDE", "Override"
    FALSE_POSITIVE = "FALSE_POSITIVE", "False positive"


class Standing(TextChoices):
    """Where a request stands in its life."""

    PENDING = "PENDING", "Pending"
    APPROVED = "APPROVED", "Approved"
    REJECTED = "REJECTED", "Rejected"
    WITHDRAWN = "WITHDRAWN", "Withdrawn"
    REVOKED = "REVOKED", "Revoked"
    EXPIRED = "EXPIRED", "Expired"
