"""Lists of the admin."""

from typing import Any

from django import template

from core.admin_table import headers_of, rows_of

register = template.Library()


@register.inclusion_tag("console/results.html", takes_context=True)
def console_result_list(context: dict[str, Any], cl: Any) -> dict[str, Any]:
    """The table of a list: its headers, and its rows."""
    headers = headers_of(cl)
    return {
        "cl": cl,
        "result_headers": headers,
        "num_sorted_fields": sum(bool(header["sortable"] and header["sorted"]) for header in headers),
        "rows": list(rows_of(cl, headers)),
        "has_add_permission": cl.model_admin.has_add_permission(context["request"]),
    }
