"""Address blocks with the organisation that answers for them, and the sensors that watch them."""

from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from vonggac.register.models.organisations import Organisation
from vonggac.tenancy.fields import CidrField, PathField

# How far a sensor's signs of life may run ahead of the desk's clock: as much as a proof forgives in gaps, so that one
# that dies right after its signs came looks alive for no longer than that.
CLOCKS_APART = timedelta(seconds=60)


class Network(models.Model):
    """A CIDR block and who answers for it over a time; the longest prefix wins."""

    cidr = CidrField()
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="networks")
    org_path = PathField()
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        db_table = "register_network"
        constraints = (
            models.UniqueConstraint(
                fields=["cidr", "organisation", "valid_from"], name="network_once", nulls_distinct=False
            ),
        )

    def __str__(self) -> str:
        return self.cidr


class SensorKind(models.TextChoices):
    """What a sensor's records tell."""

    FLOW = "flow", _("traffic flows")
    DNS = "dns", _("DNS queries")
    NAT = "nat", _("address translation")
    DHCP = "dhcp", _("address assignment")


SILENCES = (("heartbeat", _("heartbeat")), ("rotation", _("rotation manifest")))


class Sensor(models.Model):
    """A declared source of logs: which networks it sees, and how its silence shows."""

    name = models.SlugField(max_length=64, unique=True)
    kind = models.CharField(max_length=5, choices=SensorKind.choices)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="sensors")
    org_path = PathField()
    networks = ArrayField(models.CharField(max_length=50), default=list)
    silence = models.CharField(max_length=10, choices=SILENCES, default="heartbeat")
    heartbeat_seconds = models.PositiveIntegerField(default=60)
    max_quiet_seconds = models.PositiveIntegerField(null=True, blank=True)
    clock_offset_seconds = models.FloatField(default=0)

    class Meta:
        db_table = "register_sensor"

    def __str__(self) -> str:
        return self.name


class SensorCoverage(models.Model):
    """A stretch of time that a sensor vouches for: its heart beat without a break, or it wrote this log file."""

    sensor = models.ForeignKey(Sensor, models.CASCADE, related_name="coverage")
    org_path = PathField()
    from_utc = models.DateTimeField()
    to_utc = models.DateTimeField()
    file = models.CharField(max_length=300, blank=True, help_text="of a rotation manifest; empty for a heartbeat")
    records = models.BigIntegerField(null=True, blank=True)

    class Meta:
        db_table = "register_sensor_coverage"
        indexes = (models.Index(fields=["sensor", "from_utc"], name="sensor_coverage_time"),)
        constraints = (
            models.UniqueConstraint(fields=["sensor", "from_utc", "to_utc", "file"], name="sensor_coverage_once"),
        )

    def __str__(self) -> str:
        return f"{self.sensor_id} {self.from_utc}–{self.to_utc}"


class TakenBackLog(models.Model):
    """A file that was handed in for a sensor by mistake, by a person's word; put back, it stays as history."""

    sensor = models.ForeignKey(Sensor, models.CASCADE, related_name="taken_back")
    org_path = PathField()
    sha256 = models.CharField(max_length=64, help_text="of the file as it came")
    file_name = models.CharField(max_length=300, blank=True)
    reason = models.CharField(max_length=300)
    taken_back_by = models.CharField(max_length=200)
    taken_back_at = models.DateTimeField()
    put_back_by = models.CharField(max_length=200, blank=True)
    put_back_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "register_taken_back_log"
        constraints = (
            models.UniqueConstraint(
                fields=["sensor", "sha256"], condition=models.Q(put_back_at__isnull=True), name="log_taken_back_once"
            ),
            models.CheckConstraint(condition=~models.Q(reason=""), name="log_taken_back_for_a_reason"),
        )

    def __str__(self) -> str:
        return self.file_name or self.sha256
