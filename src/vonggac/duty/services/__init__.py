"""Acts of duty, one module a noun."""

from vonggac.duty.services.presence import check_in
from vonggac.duty.services.tables import RosterReport, import_roster, read_roster

__all__ = ["RosterReport", "check_in", "import_roster", "read_roster"]
