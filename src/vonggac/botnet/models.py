"""Lists as received, the mapping remembered per sender, and the C2 addresses and names that lists carry."""

from django.db import models

from vonggac.tenancy.fields import PathField


class Sender(models.Model):
    """Who sends lists, with the column mapping a person confirmed for them."""

    org_path = PathField(help_text="the organisation whose desk receives the lists")
    name = models.CharField(max_length=100)
    mapping = models.JSONField(null=True, blank=True)

    class Meta:
        db_table = "botnet_sender"
        constraints = (models.UniqueConstraint(fields=["org_path", "name"], name="sender_once"),)

    def __str__(self) -> str:
        return self.name


class BotnetList(models.Model):
    """One list as received, with what became of its rows."""

    sender = models.ForeignKey(Sender, models.PROTECT, related_name="lists")
    org_path = PathField()
    file_name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    received_at = models.DateTimeField()
    imported_at = models.DateTimeField(null=True, blank=True)
    rows_read = models.BigIntegerField(default=0)
    rows_rejected = models.BigIntegerField(default=0)
    counted = models.JSONField(default=dict, help_text="what the batches absorbed so far changed; see summary")
    summary = models.JSONField(default=dict, help_text="new, still, gone, returned, owned, unowned, cases opened …")
    rejects = models.JSONField(default=list, help_text="the first 1,000 rejects; all of them are in the raw file")

    class Meta:
        db_table = "botnet_list"
        constraints = (models.UniqueConstraint(fields=["sender", "sha256", "received_at"], name="list_once"),)
        indexes = (models.Index(fields=["sender", "received_at"], name="list_order"),)

    def __str__(self) -> str:
        return self.file_name


class Indicator(models.Model):
    """A C2 address or name that a list carries, or what stands there for one and cannot be read."""

    sender = models.ForeignKey(Sender, models.CASCADE, related_name="indicators")
    org_path = PathField()
    kind = models.CharField(max_length=7, choices=[("address", "address"), ("name", "name"), ("unread", "unread")])
    value = models.CharField(max_length=300)
    first_listed_at = models.DateTimeField()
    last_listed_at = models.DateTimeField()

    class Meta:
        db_table = "botnet_indicator"
        constraints = (models.UniqueConstraint(fields=["sender", "kind", "value"], name="indicator_once"),)

    def __str__(self) -> str:
        return self.value
