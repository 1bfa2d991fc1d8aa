"""Lists as received, the mapping remembered per sender, the C2s that lists carry, and what nobody could read."""

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
    mapping = models.JSONField(
        null=True, blank=True, help_text="the columns it was read by, whatever the sender's are by now; null: guessed"
    )
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
    """A C2 address or name that a sender's lists carry."""

    sender = models.ForeignKey(Sender, models.CASCADE, related_name="indicators")
    org_path = PathField()
    kind = models.CharField(max_length=7, choices=[("address", "address"), ("name", "name")])
    value = models.CharField(max_length=300)
    first_listed_at = models.DateTimeField()
    last_listed_at = models.DateTimeField()

    class Meta:
        db_table = "botnet_indicator"
        constraints = (models.UniqueConstraint(fields=["sender", "kind", "value"], name="indicator_once"),)

    def __str__(self) -> str:
        return self.value


class Unread(models.Model):
    """What a list says and nobody could read: a text in place of a C2, or a row whose address is none."""

    botnet_list = models.ForeignKey(BotnetList, models.CASCADE, related_name="unread")
    org_path = PathField()
    kind = models.CharField(max_length=7, choices=[("c2", "c2"), ("address", "address")])
    line = models.BigIntegerField(null=True, blank=True, help_text="of the file as it came; null: not kept")
    column = models.CharField(max_length=300, blank=True)
    text = models.TextField(help_text="the part of the cell that stands for a C2; empty for a row")
    row = models.TextField(blank=True, help_text="the row's own text, cut at 1,000 characters")
    rows = models.BigIntegerField(default=1, help_text="how many rows of the list hold the text")

    class Meta:
        db_table = "botnet_unread"
        indexes = (models.Index(fields=["botnet_list", "kind", "line"], name="unread_of_list"),)

    def __str__(self) -> str:
        return self.text or self.row


class Settling(models.Model):
    """What a person found to be meant where a list could not be read; withdrawn, it stays as history."""

    unread = models.ForeignKey(Unread, models.CASCADE, related_name="settlings")
    org_path = PathField()
    meant = models.JSONField(
        default=list, help_text="addresses and names in their normal form; empty: nothing is meant"
    )
    reason = models.TextField(blank=True)
    settled_by = models.CharField(max_length=200)
    settled_at = models.DateTimeField()
    column_of = models.BigIntegerField(
        null=True, blank=True, help_text="the unread thing by which its whole column was settled, and is withdrawn"
    )
    withdrawn_by = models.CharField(max_length=200, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "botnet_settling"
        constraints = (
            models.UniqueConstraint(
                fields=["unread"], condition=models.Q(withdrawn_at__isnull=True), name="settled_once"
            ),
            models.CheckConstraint(
                condition=~models.Q(meant=[]) | ~models.Q(reason=""), name="nothing_meant_has_a_reason"
            ),
        )

    def __str__(self) -> str:
        return f"{self.unread}: {', '.join(self.meant) or self.reason}"
