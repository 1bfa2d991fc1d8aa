"""Alerts as a Django application."""

from django.apps import AppConfig


class AlertsConfig(AppConfig):
    """Sources of alerts and their findings."""

    name = "vonggac.alerts"
    label = "alerts"
    default_auto_field = "django.db.models.BigAutoField"
