"""Saving filters under a name."""

from django.db import transaction
from django.http import QueryDict

from accounts.models import User
from accounts.permitting import check_permitted
from core.errors import Conflict, Forbidden, Invalid
from dashboard.models import SavedView

MAX_VIEWS = 50
"""So many may a person save."""
MAX_QUERY_CHARS = 2_000
_PASSING = ("p", "e", "after", "before", "view", "_changelist_filters")
"""Parameters that belong to a moment and not to a view."""
SAVE, SHARE = "dashboard.add_savedview", "dashboard.share_savedview"


def lasting(query: QueryDict) -> str:
    """The filters, search and order of an address, always in the same words."""
    kept = [(name, value) for name, values in query.lists() for value in values if value and name not in _PASSING]
    written = QueryDict(mutable=True)
    for name, value in sorted(kept):
        written.appendlist(name, value)
    return written.urlencode()


@transaction.atomic
def save_view(
    *, page: str, name: str, query: QueryDict, by: User, shared: bool = False, is_default: bool = False
) -> SavedView:
    """Save a list's filters; a view of one's own of the same name takes the new ones.

    Raises:
        Forbidden: ``by`` may not save, or not share, views.
        Invalid: the name is empty or too long, or the filters are too many.
        Conflict: ``by`` has as many as one may.
    """
    check_permitted(by, SAVE, "You may not save views.")
    _check_shareable(shared, by)
    name, text = _checked_name(name), lasting(query)
    if page not in SavedView.Page.values:
        raise Invalid("invalid", "There are no views of this page.")
    if len(text) > MAX_QUERY_CHARS:
        raise Invalid("invalid", f"These are too many filters: {MAX_QUERY_CHARS:,} characters are kept.")
    # Whoever saves twice at once waits here, so that both are counted.
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    own = SavedView.objects.filter(owner=by)
    view = own.filter(page=page, name=name).first() or SavedView(owner=by, page=page, name=name)
    if view._state.adding and own.count() >= MAX_VIEWS:
        raise Conflict("too_many_views", f"You have {MAX_VIEWS} views: delete one first.")
    view.query, view.shared = text, shared
    return _stored(view, is_default)


@transaction.atomic
def change_view(view: SavedView, *, name: str, shared: bool, is_default: bool, by: User) -> SavedView:
    """Rename one's own view, share it, or let the list open with it.

    Raises:
        Forbidden: it is somebody else's, or ``by`` may not share.
        Invalid: the name is empty, too long, or another view's.
    """
    _check_own(view, by)
    _check_shareable(shared and not view.shared, by)
    view.name, view.shared = _checked_name(name), shared
    if SavedView.objects.filter(owner=by, page=view.page, name=view.name).exclude(pk=view.pk).exists():
        raise _wrong_name("You have a view of this name already.")
    return _stored(view, is_default)


def delete_view(view: SavedView, *, by: User) -> None:
    """Delete one's own view.

    Raises:
        Forbidden: it is somebody else's.
    """
    _check_own(view, by)
    view.delete()


def _stored(view: SavedView, is_default: bool) -> SavedView:
    if is_default:
        SavedView.objects.filter(owner=view.owner_id, page=view.page, is_default=True).update(is_default=False)
    view.is_default = is_default
    view.save()
    return view


def _check_own(view: SavedView, by: User) -> None:
    if view.owner_id != by.pk:
        raise Forbidden("forbidden", "Only who saved a view may change it.")


def _check_shareable(shared: bool, by: User) -> None:
    if shared:
        check_permitted(by, SHARE, "Only compliance admins may share views.")


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    longest = SavedView._meta.get_field("name").max_length or 0
    if not 0 < len(name) <= longest or "\x00" in name:
        raise _wrong_name(f"1 to {longest} characters.")
    return name


def _wrong_name(reason: str) -> Invalid:
    return Invalid("invalid", f"name: {reason}", errors={"name": [reason]})
