"""The register's tables, one module a noun."""

from vonggac.register.models.access import BreakGlass, Recovery, Token
from vonggac.register.models.assets import Asset, AssetAddress, InformationSystem
from vonggac.register.models.networks import Network, Sensor, SensorCoverage, TakenBackLog
from vonggac.register.models.organisations import Contact, Organisation, OrganisationKind
from vonggac.register.models.people import Person, Role, RoleName

__all__ = [
    "Asset",
    "AssetAddress",
    "BreakGlass",
    "Contact",
    "InformationSystem",
    "Network",
    "Organisation",
    "OrganisationKind",
    "Person",
    "Recovery",
    "Role",
    "RoleName",
    "Sensor",
    "SensorCoverage",
    "TakenBackLog",
    "Token",
]
