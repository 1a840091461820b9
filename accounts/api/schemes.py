"""How callers sign in, for the OpenAPI description. Importing this registers it."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema


class CITokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers by subclassing
    """``Authorization: Token …``."""

    target_class = "accounts.authentication.CITokenAuthentication"
    name = "CIToken"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """OpenAPI knows no scheme ``Token``: it is described as the header that it is."""
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "A CI token: `Token <token>`.",
        }


class PersonTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """``Authorization: Bearer …``."""

    target_class = "accounts.authentication.TenantJWTAuthentication"
    name = "PersonToken"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """A JSON web token from ``/api/auth/token``."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


class IssuerTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """``Authorization: Bearer …`` of somebody else's."""

    target_class = "accounts.authentication.IssuerAuthentication"
    name = "IssuerToken"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """A JSON web token of an issuer that the tenant trusts."""
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "A token of an issuer that the tenant trusts: the organisation's sign-in, or a CI service.",
        }
