"""The ledger as a Django application."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """Append-only history."""

    name = "vonggac.ledger"
    label = "ledger"
    default_auto_field = "django.db.models.BigAutoField"
