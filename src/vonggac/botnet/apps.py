"""Botnet lists as a Django application."""

from django.apps import AppConfig


class BotnetConfig(AppConfig):
    """Lists of hosts in botnets."""

    name = "vonggac.botnet"
    label = "botnet"
    default_auto_field = "django.db.models.BigAutoField"
