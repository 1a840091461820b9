"""Lists with what is made of them here: saved views, and files to take along."""

from dashboard.admin import exports, lists, views

__all__ = ["exports", "lists", "views"]
