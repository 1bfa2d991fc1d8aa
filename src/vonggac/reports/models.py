"""Reports upward: figures frozen at drafting, the words that people add, and what was issued."""

from django.db import models
from django.db.models import Q
from django.utils.translation import pgettext_lazy

from vonggac.directives.models import Directive
from vonggac.register.models import Organisation
from vonggac.reports.official import AuthorityMark, written
from vonggac.tenancy.fields import PathField


class ReportState(models.TextChoices):
    """Where a report stands; what is not a draft any more never changes (a trigger sees to it)."""

    DRAFT = "draft", pgettext_lazy("report", "draft")
    ISSUED = "issued", pgettext_lazy("report", "issued")
    WITHDRAWN = "withdrawn", pgettext_lazy("report", "withdrawn")


class Report(models.Model):
    """One "Báo cáo kết quả thực hiện" of an office on a directive.

    `figures` are `reports.figures.DirectiveFigures` as they were counted; people write everything below `place`.
    """

    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", help_text="the office that reports"
    )
    org_path = PathField()
    directive = models.ForeignKey(Directive, models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=ReportState.choices, default=ReportState.DRAFT)
    figures = models.JSONField()
    checkpoint = models.CharField(max_length=90, blank=True, help_text="of the ledger, when the figures were counted")
    counted_at = models.DateTimeField()
    drafted_at = models.DateTimeField()
    drafted_by = models.CharField(max_length=200)
    changed_at = models.DateTimeField()

    issuing_body = models.CharField(max_length=300)
    parent_body = models.CharField(max_length=300, blank=True)
    abbreviation = models.CharField(max_length=30, help_text="of the office in the symbol: BC-…")
    place = models.CharField(max_length=100)
    addressees = models.JSONField(default=list)
    recipients = models.JSONField(default=list)
    filing = models.CharField(max_length=60, default="VT")
    difficulties = models.JSONField(default=list)
    proposals = models.JSONField(default=list)
    signer_mark = models.CharField(
        max_length=5, blank=True, choices=[(mark.value, mark.value) for mark in AuthorityMark]
    )
    signer_authority = models.CharField(max_length=200, blank=True)
    signer_title = models.CharField(max_length=200)
    signer_name = models.CharField(max_length=200, blank=True)
    lists_sources = models.BooleanField(default=False, help_text="an annex lists where the rows behind figures stand")

    number = models.PositiveIntegerField(null=True, blank=True, help_text="null: left for the clerk")
    issued_on = models.DateField(null=True, blank=True)
    issued_by = models.CharField(max_length=200, blank=True)
    docx_sha256 = models.CharField(max_length=64, blank=True)
    pdf_sha256 = models.CharField(max_length=64, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_reason = models.TextField(blank=True)

    class Meta:
        db_table = "reports_report"
        ordering = ("-pk",)
        indexes = (models.Index(fields=["org_path", "-id"], name="report_list"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(state=ReportState.DRAFT, issued_on__isnull=True, number__isnull=True)
                | (Q(issued_on__isnull=False) & ~Q(docx_sha256="") & ~Q(pdf_sha256="")),
                name="report_issued_whole",
            ),
            models.CheckConstraint(
                condition=~Q(state=ReportState.WITHDRAWN) | (Q(withdrawn_at__isnull=False) & ~Q(withdrawn_reason="")),
                name="report_withdrawn_with_reason",
            ),
        )

    def __str__(self) -> str:
        return f"{written(self.number) if self.number is not None else '…'}/BC-{self.abbreviation}"

    @property
    def is_draft(self) -> bool:
        """True while people may still change it."""
        return self.state == ReportState.DRAFT
