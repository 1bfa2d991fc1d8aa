"""Directives as a Django application."""

from django.apps import AppConfig


class DirectivesConfig(AppConfig):
    """Directives, clauses, obligations."""

    name = "vonggac.directives"
    label = "directives"
    default_auto_field = "django.db.models.BigAutoField"
