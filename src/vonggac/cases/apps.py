"""Cases as a Django application."""

from django.apps import AppConfig


class CasesConfig(AppConfig):
    """The one life of all work."""

    name = "vonggac.cases"
    label = "cases"
    default_auto_field = "django.db.models.BigAutoField"
