"""How the rooms are put together. The Celery application is loaded with Django, so that every task is known."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
