"""Asking for overrides, deciding them, and letting them end."""
