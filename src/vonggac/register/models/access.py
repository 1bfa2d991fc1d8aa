"""Ways in beside the ordinary sign-in: tokens of programs, emergency grants, recovery of a lost second factor."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from vonggac.register.models.organisations import Organisation
from vonggac.register.models.people import Person
from vonggac.tenancy.fields import PathField


class Token(models.Model):
    """A program's key to one organisation's subtree with fixed roles; only the digest of its secret is kept."""

    name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64, unique=True)
    person = models.ForeignKey(Person, models.CASCADE, null=True, blank=True, related_name="tokens")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="tokens")
    org_path = PathField()
    roles = ArrayField(models.CharField(max_length=20))
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "register_token"
        indexes = (models.Index(fields=["org_path", "id"], name="token_path"),)

    def __str__(self) -> str:
        return self.name


class BreakGlass(models.Model):
    """The administrator's role on a node, taken in an emergency for a short time and for a typed reason."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="break_glass")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    org_path = PathField()
    reason = models.TextField()
    from_utc = models.DateTimeField()
    to_utc = models.DateTimeField()

    class Meta:
        db_table = "register_break_glass"
        indexes = (models.Index(fields=["person", "to_utc"], name="break_glass_person"),)
        constraints = (
            models.CheckConstraint(condition=models.Q(to_utc__gte=models.F("from_utc")), name="break_glass_ends"),
        )

    def __str__(self) -> str:
        return f"{self.person} {self.org_path}"


class Recovery(models.Model):
    """A person who lost their second factor, asked for by one administrator and decided by another."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="recoveries")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    org_path = PathField()
    reason = models.TextField()
    asked_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    was_confirmed = models.BooleanField(null=True, blank=True)

    class Meta:
        db_table = "register_recovery"
        constraints = (
            models.UniqueConstraint(
                fields=["person"], condition=models.Q(decided_at__isnull=True), name="recovery_one_open"
            ),
            # Two administrators, neither of them the person: whoever holds one stolen account recovers nobody.
            models.CheckConstraint(condition=~models.Q(asked_by=models.F("person")), name="recovery_not_for_oneself"),
            models.CheckConstraint(
                condition=models.Q(was_confirmed__isnull=True)
                | models.Q(was_confirmed=False)
                | (~models.Q(decided_by=models.F("asked_by")) & ~models.Q(decided_by=models.F("person"))),
                name="recovery_by_two",
            ),
        )

    def __str__(self) -> str:
        return f"{self.person} {self.asked_at}"
