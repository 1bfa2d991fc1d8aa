"""Directives as entered in the incoming register, their clauses, and the obligations they create."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from vonggac.cases.models import Case
from vonggac.directives.rules import OWN_OFFICE
from vonggac.register.models import Organisation
from vonggac.tenancy.fields import PathField


class DirectiveState(models.TextChoices):
    """Where a directive stands in the office."""

    DRAFT = "draft", _("read, not confirmed")
    CONFIRMED = "confirmed", _("in force")
    SUPERSEDED = "superseded", _("superseded")
    RECALLED = "recalled", _("recalled")
    MISTAKEN = "mistaken", _("entered by mistake")


class Document(models.Model):
    """One uploaded file, kept as received; it may hold several directives (a cover letter and its attachment)."""

    org_path = PathField()
    name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    received_at = models.DateTimeField()
    text = models.TextField(help_text="the text as read, lines kept")
    filled = models.JSONField(default=dict, help_text="what is filled in about entering it, by field of the form")

    class Meta:
        db_table = "directives_document"
        constraints = (models.UniqueConstraint(fields=["org_path", "sha256"], name="document_once"),)

    def __str__(self) -> str:
        return self.name


class Directive(models.Model):
    """An official document that obliges, with its fields as a person confirmed them.

    `reading` keeps what the reader proposed (with confidence and sources), so that a correction stays visible.
    """

    document = models.ForeignKey(Document, models.PROTECT, related_name="directives")
    position = models.PositiveSmallIntegerField(help_text="which document of the file, from 0")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+", help_text="whose register")
    org_path = PathField()
    state = models.CharField(max_length=12, choices=DirectiveState.choices, default=DirectiveState.DRAFT)
    covers = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="covered_by",
        help_text="the attached directive that this cover letter passes on",
    )  # fmt: skip
    replaced_by = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="replaces")

    kind = models.CharField(max_length=30, blank=True)
    number = models.CharField(max_length=20, blank=True)
    symbol = models.CharField(max_length=60, blank=True)
    issuer = models.CharField(max_length=300, blank=True)
    parent_issuer = models.CharField(max_length=300, blank=True)
    place = models.CharField(max_length=100, blank=True)
    issued_on = models.DateField(null=True, blank=True)
    urgency = models.CharField(max_length=30, blank=True)
    confidentiality = models.CharField(max_length=30, blank=True)
    subject = models.TextField(blank=True)
    addressees = models.JSONField(default=list)
    references = models.JSONField(default=list)
    contacts = models.JSONField(default=list)
    recipients = models.JSONField(default=list)
    signer = models.JSONField(default=dict)
    period_from = models.DateField(null=True, blank=True)
    period_to = models.DateField(null=True, blank=True)
    reading = models.JSONField(default=dict)

    arrival_number = models.PositiveIntegerField(null=True, blank=True)
    arrived_on = models.DateField(null=True, blank=True)
    lead = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    cooperating = models.ManyToManyField(Organisation, related_name="+", blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "directives_directive"
        constraints = (models.UniqueConstraint(fields=["document", "position"], name="directive_once"),)

    def __str__(self) -> str:
        return f"{self.number or '…'}/{self.symbol}" if self.symbol else self.subject

    @property
    def arrival_year(self) -> int | None:
        """The year whose numbering the arrival number belongs to."""
        return self.arrived_on.year if self.arrived_on else None


class RegisterNumber(models.Model):
    """The last number given out in one office's incoming or outgoing register of one year."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    org_path = PathField()
    book = models.CharField(max_length=10, choices=[("incoming", _("incoming")), ("outgoing", _("outgoing"))])
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "directives_register_number"
        constraints = (models.UniqueConstraint(fields=["organisation", "book", "year"], name="register_number_once"),)

    def __str__(self) -> str:
        return f"{self.book} {self.year}: {self.last}"


class Clause(models.Model):
    """One measure, labelled as printed, with the kinds of organisation that it binds and how it is proven."""

    directive = models.ForeignKey(Directive, models.CASCADE, related_name="clauses")
    org_path = PathField()
    position = models.PositiveSmallIntegerField()
    label = models.CharField(max_length=30)
    heading = models.TextField(blank=True)
    text = models.TextField()
    lines = ArrayField(
        models.PositiveIntegerField(), default=list, help_text="the lines of the file that its paragraphs begin on"
    )
    binds = ArrayField(models.CharField(max_length=20), default=list, help_text="organisation kinds; empty: nobody")
    rule = models.CharField(max_length=40, blank=True, help_text="proof rule; empty: none exists yet")
    deadlines = models.JSONField(default=list, help_text="the times its words set, as the reader gives them")
    due_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "directives_clause"
        ordering = ("position",)
        constraints = (models.UniqueConstraint(fields=["directive", "label"], name="clause_once"),)

    def __str__(self) -> str:
        return self.label


class Obligation(models.Model):
    """A clause that binds an organisation; its life is its case's.

    `forwarded_from` keeps the chain ministry → province → department → commune.
    """

    clause = models.ForeignKey(Clause, models.PROTECT, related_name="obligations")
    directive = models.ForeignKey(Directive, models.PROTECT, related_name="obligations")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="obligations")
    org_path = PathField()
    case = models.OneToOneField(Case, models.PROTECT, related_name="obligation")
    part = models.CharField(
        max_length=10, choices=[("lead", _("lead")), ("cooperate", _("cooperating")), ("own", _("own"))], default="own"
    )
    forwarded_from = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="forwarded_to")
    recalled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "directives_obligation"
        constraints = (models.UniqueConstraint(fields=["clause", "organisation"], name="obligation_once"),)
        indexes = (models.Index(fields=["directive", "org_path"], name="obligation_directive"),)

    def __str__(self) -> str:
        return f"{self.clause_id} {self.org_path}"

    @property
    def is_of_office_alone(self) -> bool:
        """True for the office that a clause binds beside its units: each of those answers for itself."""
        return self.organisation_id == self.directive.organisation_id and OWN_OFFICE in self.clause.binds


class Audience(models.Model):
    """An organisation that may read a directive although it lies in another's register."""

    directive = models.ForeignKey(Directive, models.CASCADE, related_name="audience")
    org_path = PathField()

    class Meta:
        db_table = "directives_audience"
        constraints = (models.UniqueConstraint(fields=["directive", "org_path"], name="audience_once"),)

    def __str__(self) -> str:
        return f"{self.directive_id} → {self.org_path}"
