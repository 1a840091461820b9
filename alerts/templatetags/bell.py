"""The bell in the header of every page."""

from typing import Any

from django import template

from alerts.queries.bell import COUNTED, bell_of

register = template.Library()


@register.inclusion_tag("alerts/bell.html", takes_context=True)
def bell(context: dict[str, Any]) -> dict[str, Any]:
    """Unread notifications of whoever looks; nothing for who may not read any."""
    user = context["request"].user
    if not user.has_perm("alerts.view_notification"):
        return {"shown": False}
    found = bell_of(user)
    count = found["count"]
    return {
        "request": context["request"],
        "shown": True,
        "count": f"{COUNTED}+" if count > COUNTED else count,
        "unread": bool(count),
        "newest": found["newest"],
    }
