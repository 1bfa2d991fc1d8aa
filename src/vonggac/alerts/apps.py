"""Alerts as a Django application."""

from django.apps import AppConfig


class AlertsConfig(AppConfig):
    """Sources of alerts and their findings."""

    name = "vonggac.alerts"
    label = "alerts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell duty which findings and notices still call for somebody: models can be imported only now."""
        from vonggac.alerts import notices, queries, rules  # noqa: PLC0415
        from vonggac.duty.escalation import standing  # noqa: PLC0415

        standing.ask(rules.FINDING, queries.unacknowledged)
        standing.ask(rules.NOTICE, notices.unacknowledged)
