"""Entries, the queue of unsealed ones, and the chain that seals them.

Database rights (migration 0001) let the application role insert and read entries, never change or delete them; only
the sealer role writes seals.
"""

from django.db import models
from django.db.models.functions import Now

from vonggac.tenancy.fields import PathField


class Entry(models.Model):
    """One change: who did what to which subject, when, within which organisation."""

    recorded_at = models.DateTimeField(db_default=Now(), editable=False)
    at = models.DateTimeField(help_text="when the act happened, by the desk's clock")
    actor = models.TextField()
    org_path = PathField()
    act = models.TextField(help_text="noun.verb, for example case.claim")
    subject_kind = models.TextField()
    subject_id = models.BigIntegerField()
    detail = models.JSONField(default=dict)

    class Meta:
        db_table = "ledger_entry"
        indexes = (
            models.Index(fields=["subject_kind", "subject_id", "id"], name="ledger_subject"),
            models.Index(fields=["org_path", "id"], name="ledger_path"),
        )

    def __str__(self) -> str:
        return f"{self.act} {self.subject_kind}:{self.subject_id}"


class Unsealed(models.Model):
    """An entry that the sealer has not chained yet; filled by a trigger, so nothing can be inserted around it."""

    entry_id = models.BigIntegerField(primary_key=True)

    class Meta:
        db_table = "ledger_unsealed"

    def __str__(self) -> str:
        return f"unsealed {self.entry_id}"


class Seal(models.Model):
    """One link: `hash` = SHA-256(hash of the link before ‖ canonical JSON of the entry)."""

    sequence = models.BigIntegerField(primary_key=True)
    entry_id = models.BigIntegerField(unique=True)
    hash = models.BinaryField(max_length=32)

    class Meta:
        db_table = "ledger_seal"

    def __str__(self) -> str:
        return f"seal {self.sequence}"
