"""Information systems, and the servers and workstations in them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from vonggac.register.folding import folded
from vonggac.register.models.organisations import Organisation
from vonggac.tenancy.fields import PathField


class InformationSystem(models.Model):
    """A system with its approved security level (1 to 5)."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="systems")
    org_path = PathField()
    code = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=300)
    level = models.PositiveSmallIntegerField()

    class Meta:
        db_table = "register_system"
        constraints = (
            models.CheckConstraint(condition=models.Q(level__range=(1, 5)), name="system_level_is_one_to_five"),
        )

    def __str__(self) -> str:
        return self.name


class AssetKind(models.TextChoices):
    """What an asset is."""

    SERVER = "server", _("server")
    WORKSTATION = "workstation", _("workstation")
    SERVICE = "service", _("service")
    NETWORK_DEVICE = "network_device", _("network device")


class Asset(models.Model):
    """A server, workstation or service of an organisation, under the name its own people use."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="assets")
    org_path = PathField()
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, choices=AssetKind.choices, default=AssetKind.WORKSTATION)
    system = models.ForeignKey(InformationSystem, models.SET_NULL, null=True, blank=True, related_name="assets")
    nat_pool = models.CharField(max_length=50, blank=True, help_text="public address or block it uses")
    valid_to = models.DateField(null=True, blank=True, help_text="first day on which it is no longer in use")
    folded = folded("name")

    class Meta:
        db_table = "register_asset"
        constraints = (models.UniqueConstraint(fields=["organisation", "name"], name="asset_name_once"),)
        indexes = (
            models.Index(fields=["org_path", "name"], name="asset_path_name"),
            models.Index(fields=["folded"], name="asset_folded"),
        )

    def __str__(self) -> str:
        return self.name


class AssetAddress(models.Model):
    """An inner address that an asset held over a time; an open end means until further notice."""

    asset = models.ForeignKey(Asset, models.CASCADE, related_name="addresses")
    org_path = PathField()
    address = models.GenericIPAddressField()
    from_utc = models.DateTimeField(null=True, blank=True)
    to_utc = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "register_asset_address"
        constraints = (
            models.UniqueConstraint(
                fields=["asset", "address", "from_utc"], name="asset_address_once", nulls_distinct=False
            ),
        )
        indexes = (models.Index(fields=["address"], name="asset_address_lookup"),)

    def __str__(self) -> str:
        return self.address
