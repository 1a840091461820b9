"""Who may ask and decide: asked of the database at the moment of the deed."""

from accounts.models import User
from core.errors import Forbidden
from overrides.models import OverrideRequest

ASK, DECIDE = "overrides.add_overriderequest", "overrides.decide_overriderequest"


class NeedsSecondPerson(Forbidden):
    """Nobody decides their own request."""

    def __init__(self) -> None:
        super().__init__("own_request", "You asked for this yourself: somebody else has to decide it.")


def ensure_may_ask(by: User) -> None:
    """Refuse who may not ask for overrides.

    Raises:
        Forbidden: their role may not, or they are no longer active.
    """
    if not _may(by, ASK):
        raise Forbidden("forbidden", "Your role may not ask for overrides.")


def ensure_may_decide(request: OverrideRequest, by: User) -> None:
    """Refuse who may not decide this request.

    Raises:
        Forbidden: their role may not, or they are no longer active.
        NeedsSecondPerson: they asked for it.
    """
    if not _may(by, DECIDE):
        raise Forbidden("forbidden", "Your role may not decide overrides.")
    if request.asked_by(by):
        raise NeedsSecondPerson


def _may(by: User, permission: str) -> bool:
    """Not of the object at hand: what it remembers of its role may be of before the role was taken away."""
    person = User.objects.filter(pk=by.pk, is_active=True).first()
    return person is not None and person.has_perm(permission)
