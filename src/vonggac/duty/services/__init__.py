"""Acts of duty, one module a noun."""

from vonggac.duty.services.tables import RosterReport, check_in, import_roster, read_roster

__all__ = ["RosterReport", "check_in", "import_roster", "read_roster"]
