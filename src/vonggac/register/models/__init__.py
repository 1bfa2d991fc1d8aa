"""The register's tables, one module a noun."""

from vonggac.register.models.assets import Asset, AssetAddress, InformationSystem
from vonggac.register.models.networks import Network, Sensor, SensorCoverage
from vonggac.register.models.organisations import Contact, Organisation, OrganisationKind
from vonggac.register.models.people import Person, Role, RoleName

__all__ = [
    "Asset",
    "AssetAddress",
    "Contact",
    "InformationSystem",
    "Network",
    "Organisation",
    "OrganisationKind",
    "Person",
    "Role",
    "RoleName",
    "Sensor",
    "SensorCoverage",
]
