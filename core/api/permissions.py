"""Access by Django's model permissions, handed out by role."""

from typing import Any

from rest_framework.exceptions import MethodNotAllowed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request


class HasPermissions(BasePermission):
    """Grant what the view declares: ``permissions = {"GET": "compliance.view_rule", …}``.

    A method that a view does not declare is not allowed for anybody: forgetting to say who may is not consent.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        """True where the caller holds the permission of this method; OPTIONS is for who holds any of the view's."""
        if not request.user or not request.user.is_authenticated:
            return False
        declared: dict[str, str] = getattr(view, "permissions", {})
        method = "GET" if request.method == "HEAD" else str(request.method)
        if method == "OPTIONS":
            return any(request.user.has_perm(permission) for permission in declared.values())
        if method not in declared:
            raise MethodNotAllowed(str(request.method))
        return bool(request.user.has_perm(declared[method]))
