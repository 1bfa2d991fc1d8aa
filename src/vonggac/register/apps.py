"""The register as a Django application."""

from django.apps import AppConfig


class RegisterConfig(AppConfig):
    """Organisations, people, networks, assets, sensors."""

    name = "vonggac.register"
    label = "register"
    default_auto_field = "django.db.models.BigAutoField"
