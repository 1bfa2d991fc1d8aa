"""Reports as a Django application."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    """Reports upward: drafts, issued and withdrawn ones."""

    name = "vonggac.reports"
    label = "reports"
    default_auto_field = "django.db.models.BigAutoField"
