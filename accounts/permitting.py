"""Whether somebody may: asked by services, whichever door one comes through."""

from accounts.models import User
from core.errors import Forbidden


def check_permitted(by: User | None, permission: str, refusal: str) -> None:
    """Refuse who may not; None is the system, or an operator at the command line.

    Args:
        permission: as ``app.verb_model``.
        refusal: what they are told.

    Raises:
        Forbidden: ``by`` lacks the permission.
    """
    if by is not None and not by.has_perm(permission):
        raise Forbidden("forbidden", refusal)
