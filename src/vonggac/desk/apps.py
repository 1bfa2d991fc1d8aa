"""The desk as a Django app: templates and static files are found through it."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """The web."""

    name = "vonggac.desk"
