"""The tree of organisations, and the contacts printed in documents."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from vonggac.register.folding import folded
from vonggac.tenancy.fields import PathField


class OrganisationKind(models.TextChoices):
    """What an organisation is; a clause binds organisations by kind."""

    MINISTRY = "ministry", _("ministry")
    PROVINCE = "province", _("province")
    DEPARTMENT = "department", _("department")
    DISTRICT = "district", _("district (until 2025)")
    COMMUNE = "commune", _("commune")
    CORPORATION = "corporation", _("corporation")
    BANK = "bank", _("bank")
    TELCO = "telco", _("telecommunications company")
    ISP = "isp", _("internet provider")
    PLATFORM = "platform", _("digital platform")
    HOSPITAL = "hospital", _("hospital")
    SCHOOL = "school", _("school")
    AUTHORITY = "authority", _("cyber-security authority")
    OTHER = "other", _("other")


class Organisation(models.Model):
    """A node of the tree that answers for networks, systems and hosts.

    `path` is the chain of six-digit identifiers from the root; it is the tenancy's range key.
    """

    code = models.SlugField(max_length=64, unique=True, help_text="short, stable, used in import files")
    name = models.CharField(max_length=300)
    kind = models.CharField(max_length=20, choices=OrganisationKind.choices)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    path = PathField(unique=True)
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True, help_text="first day on which it no longer exists")
    ended_by = models.CharField(max_length=300, blank=True, help_text="the act that merged, split or abolished it")
    successor = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="predecessors")
    email = models.EmailField(blank=True, help_text="where messages of the desk go")
    folded = folded("name")

    class Meta:
        db_table = "register_organisation"
        indexes = (models.Index(fields=["folded"], name="organisation_folded"),)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(valid_to__isnull=True)
                | models.Q(valid_from__isnull=True)
                | models.Q(valid_to__gt=models.F("valid_from")),
                name="organisation_ends_after_it_begins",
            ),
        )

    def __str__(self) -> str:
        return self.name


class Contact(models.Model):
    """A point of contact as printed in a document, with the day somebody last checked that it answers."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True)
    org_path = PathField()
    name = models.CharField(max_length=300)
    phones = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    emails = ArrayField(models.EmailField(), default=list, blank=True)
    printed_in = models.CharField(max_length=300, blank=True)
    printed_on = models.DateField(null=True, blank=True)
    checked_on = models.DateField(null=True, blank=True)

    class Meta:
        db_table = "register_contact"
        constraints = (models.UniqueConstraint(fields=["org_path", "name", "printed_in"], name="contact_once"),)

    def __str__(self) -> str:
        return self.name
