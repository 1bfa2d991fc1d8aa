"""What an office settles for its rosters: tighter rules, its own holidays, spreadsheets it knows, calendar feeds."""

from django.db import models

from vonggac.duty.models.members import Member
from vonggac.duty.models.posts import Post
from vonggac.register.models import Organisation
from vonggac.tenancy.fields import PathField


class TighterRule(models.Model):
    """A limit of the regime that an office holds itself to more tightly; looser ones are refused.

    One that is replaced stays until then: minutes that have passed are judged by what held when they passed.
    """

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    org_path = PathField()
    name = models.CharField(max_length=40)
    value = models.PositiveSmallIntegerField()
    since = models.DateTimeField(null=True, blank=True, help_text="when it was entered; empty: before that was kept")
    until = models.DateTimeField(null=True, blank=True, help_text="when it was replaced or taken back")

    class Meta:
        db_table = "duty_tighter_rule"
        constraints = (
            models.UniqueConstraint(
                fields=["organisation", "name"], condition=models.Q(until__isnull=True), name="tighter_rule_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} {self.value}"


class HolidayOverride(models.Model):
    """A day that an office and all below it keep as a holiday, or (`is_work`) work on although the calendar has it."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    org_path = PathField()
    on = models.DateField()
    name = models.CharField(max_length=200)
    is_work = models.BooleanField(default=False)

    class Meta:
        db_table = "duty_holiday_override"
        constraints = (models.UniqueConstraint(fields=["organisation", "on"], name="holiday_override_once"),)

    def __str__(self) -> str:
        return f"{self.on} {self.name}"


class SheetMapping(models.Model):
    """What the letters and headings of an office's spreadsheet mean, remembered by the letters that it uses."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    org_path = PathField()
    signature = models.CharField(max_length=64)
    mapping = models.JSONField()
    used_at = models.DateTimeField()

    class Meta:
        db_table = "duty_sheet_mapping"
        constraints = (models.UniqueConstraint(fields=["organisation", "signature"], name="sheet_mapping_once"),)

    def __str__(self) -> str:
        return self.signature


class Feed(models.Model):
    """A calendar that programs read without signing in; only the digest of its secret is kept."""

    digest = models.CharField(max_length=64, unique=True)
    org_path = PathField()
    member = models.ForeignKey(Member, models.CASCADE, null=True, blank=True, related_name="feeds")
    post = models.ForeignKey(Post, models.CASCADE, null=True, blank=True, related_name="feeds")
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=200)
    read_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "duty_feed"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(member__isnull=False, post__isnull=True)
                | models.Q(member__isnull=True, post__isnull=False),
                name="feed_of_one",
            ),
        )

    def __str__(self) -> str:
        return f"{self.member_id or ''} {self.post_id or ''}"
