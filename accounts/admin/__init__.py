"""People, roles and CI tokens of a tenant; operators on the public host."""

from accounts.admin import groups, operators, tokens, users

__all__ = ["groups", "operators", "tokens", "users"]
