"""Colours of this room's words."""

from compliance.admin.labels import Label
from overrides.choices import Standing

STANDINGS = {
    Standing.PENDING: "info",
    Standing.APPROVED: "success",
    Standing.REJECTED: "danger",
    Standing.WITHDRAWN: "default",
    Standing.REVOKED: "danger",
    Standing.EXPIRED: "warning",
}


def label_of_standing(standing: Standing) -> Label:
    """A request's standing as a coloured word."""
    return Label(str(standing.label), STANDINGS[standing])
