"""``/api/webhooks/``."""

from django.urls import path

from compliance.api.webhooks import GitHubWebhook, GitLabWebhook

urlpatterns = [
    path("github", GitHubWebhook.as_view(), name="github-webhook"),
    path("gitlab", GitLabWebhook.as_view(), name="gitlab-webhook"),
]
