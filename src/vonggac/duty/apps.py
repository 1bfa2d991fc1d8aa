"""Duty as a Django application."""

from django.apps import AppConfig


class DutyConfig(AppConfig):
    """Posts, shifts, messages, signed links."""

    name = "vonggac.duty"
    label = "duty"
    default_auto_field = "django.db.models.BigAutoField"
