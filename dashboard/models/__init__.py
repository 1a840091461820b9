"""What people keep of their own: filters by name, and files that they have asked for."""

from dashboard.models.exports import Export
from dashboard.models.views import SavedView

__all__ = ["Export", "SavedView"]
