"""People, roles and CI tokens of a tenant; operators on the public host."""

from accounts.admin import operators, tokens, users

__all__ = ["operators", "tokens", "users"]
