"""People, roles and CI tokens of a tenant; operators on the public host."""

from accounts.admin import groups, issuers, libraries, operators, organisation, tokens, users

__all__ = ["groups", "issuers", "libraries", "operators", "organisation", "tokens", "users"]
