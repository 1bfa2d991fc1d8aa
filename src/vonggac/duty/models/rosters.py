"""Rosters: drafts that people and the solver work on, and the versions that were published."""

from collections.abc import Sequence
from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from vonggac.duty.models.members import Member
from vonggac.duty.models.posts import Post, ShiftType
from vonggac.register.models import Organisation, Person
from vonggac.tenancy.fields import PathField


class RosterState(models.TextChoices):
    """Where a roster stands. What is in force are the shifts; a published roster says where they came from."""

    DRAFT = "draft", _("draft")
    PUBLISHED = "published", _("published")
    REPLACED = "replaced", _("replaced by a later version")
    DISCARDED = "discarded", _("discarded")


class Roster(models.Model):
    """A plan for some posts over some days.

    `solve` keeps what the last run of the solver said: its state, live progress, solver and version, seed, status,
    cost and bound. `verdict` keeps what the checker said of the version that was published, and `before` what stood in
    its place, so that it can be taken back.
    """

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="rosters")
    org_path = PathField()
    name = models.CharField(max_length=200)
    from_day = models.DateField()
    to_day = models.DateField(help_text="the last day")
    state = models.CharField(max_length=10, choices=RosterState.choices, default=RosterState.DRAFT)
    version = models.PositiveIntegerField(null=True, blank=True, help_text="numbered within the office")
    posts = models.ManyToManyField(Post, through="RosterPost", related_name="rosters")
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=200)
    changed_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.CharField(max_length=200, blank=True)
    solve = models.JSONField(default=dict)
    verdict = models.JSONField(default=dict)
    before = models.JSONField(default=dict)

    class Meta:
        db_table = "duty_roster"
        indexes = (models.Index(fields=["org_path", "state", "from_day"], name="roster_state"),)
        constraints = (
            models.UniqueConstraint(fields=["organisation", "version"], name="roster_version_once"),
            models.CheckConstraint(condition=models.Q(to_day__gte=models.F("from_day")), name="roster_ends"),
        )

    def __str__(self) -> str:
        return self.name


class RosterPost(models.Model):
    """That a roster plans a post."""

    roster = models.ForeignKey(Roster, models.CASCADE, related_name="roster_posts")
    post = models.ForeignKey(Post, models.PROTECT, related_name="+")
    org_path = PathField()

    class Meta:
        db_table = "duty_roster_post"
        constraints = (models.UniqueConstraint(fields=["roster", "post"], name="roster_post_once"),)

    def __str__(self) -> str:
        return f"{self.roster_id} {self.post_id}"


class Placement(models.Model):
    """A member on one shift of one day in a roster; `is_fixed` ones are kept by the solver."""

    roster = models.ForeignKey(Roster, models.CASCADE, related_name="placements")
    org_path = PathField()
    shift_type = models.ForeignKey(ShiftType, models.PROTECT, related_name="+")
    day = models.DateField()
    member = models.ForeignKey(Member, models.PROTECT, related_name="placements")
    is_fixed = models.BooleanField(default=False)

    class Meta:
        db_table = "duty_placement"
        constraints = (
            models.UniqueConstraint(fields=["roster", "shift_type", "day", "member"], name="placement_once"),
        )

    def __str__(self) -> str:
        return f"{self.shift_type_id} {self.day} {self.member_id}"


class Edit(models.Model):
    """One step of work on a draft, kept so that it can be undone: pairs (slot, member) put in and taken out.

    Beside each that was taken out stands whether they were pinned there.
    """

    roster = models.ForeignKey(Roster, models.CASCADE, related_name="edits")
    org_path = PathField()
    number = models.PositiveIntegerField()
    what = models.CharField(max_length=20)
    added = models.JSONField(default=list)
    removed = models.JSONField(default=list)
    at = models.DateTimeField()
    by = models.CharField(max_length=200)
    is_undone = models.BooleanField(default=False)

    class Meta:
        db_table = "duty_edit"
        constraints = (models.UniqueConstraint(fields=["roster", "number"], name="edit_once"),)

    def __str__(self) -> str:
        return f"{self.roster_id} {self.number} {self.what}"


class InPlaceKind(models.TextChoices):
    """What changed shifts in force without a version."""

    TABLE = "table", _("table of shifts")
    HAND = "hand", _("changed in place")
    SHEET = "sheet", _("spreadsheet")


class InPlace(models.Model):
    """A change of what is in force that made no version, kept for as long as it can be taken back.

    `before` keeps the shifts that went, the numbers of those that came, of posts and reinforcements made with them, and
    who stood in its spans then; of a spreadsheet its draft, and the people and leave that came with it.
    """

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="changes_in_place")
    org_path = PathField()
    kind = models.CharField(max_length=5, choices=InPlaceKind.choices)
    name = models.CharField(max_length=200, help_text="of the file, or of what was done")
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=200)
    before = models.JSONField()

    class Meta:
        db_table = "duty_in_place"
        indexes = (models.Index(fields=["org_path", "-made_at"], name="in_place_time"),)

    def __str__(self) -> str:
        return self.name


class Shift(models.Model):
    """A person on a post for a time, as planned and in force; `checked_in_at` says that they were there.

    While it lasts or is to come, `person` is the account of its member, also when that is tied later.
    """

    post = models.ForeignKey(Post, models.CASCADE, related_name="shifts")
    org_path = PathField()
    person = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="shifts")
    person_name = models.CharField(max_length=200, help_text="as in the imported table; they may have no account")
    phone = models.CharField(max_length=40, blank=True)
    skill = models.CharField(max_length=30, blank=True, help_text="as in the imported table")
    from_utc = models.DateTimeField()
    to_utc = models.DateTimeField()
    member = models.ForeignKey(Member, models.SET_NULL, null=True, blank=True, related_name="shifts")
    shift_type = models.ForeignKey(ShiftType, models.SET_NULL, null=True, blank=True, related_name="+")
    roster = models.ForeignKey(Roster, models.SET_NULL, null=True, blank=True, related_name="shifts")
    skills = ArrayField(models.CharField(max_length=30), default=list, blank=True, help_text="when it was published")
    is_on_call = models.BooleanField(default=False)
    checked_in_at = models.DateTimeField(null=True, blank=True)
    checked_in_by = models.CharField(max_length=200, blank=True)
    checked_in_via = models.CharField(max_length=10, blank=True, help_text="desk, link, api")
    left_at = models.DateTimeField(null=True, blank=True, help_text="when they said that they left, or were relieved")
    breaks = ArrayField(
        ArrayField(models.DateTimeField(), size=2), default=list, blank=True, help_text="left and came back, in order"
    )
    put_on_at = models.DateTimeField(null=True, blank=True, help_text="when they were put on a shift that had begun")
    taken_off_at = models.DateTimeField(null=True, blank=True, help_text="when a plan took them off a running shift")
    asked_at = models.DateTimeField(null=True, blank=True, help_text="when they were sent the link to check in")
    absence_told_at = models.DateTimeField(null=True, blank=True, help_text="when the lead was told they were absent")
    # Leave of its person: from, to, and when it was granted; there where `queries.with_leave` has asked for it.
    away: "Sequence[Sequence[datetime]]"

    class Meta:
        db_table = "duty_shift"
        indexes = (
            models.Index(fields=["org_path", "from_utc"], name="shift_time"),
            models.Index(fields=["post", "from_utc"], name="shift_post_time"),
            models.Index(fields=["member", "from_utc"], name="shift_member_time"),
        )
        constraints = (
            models.UniqueConstraint(fields=["post", "person_name", "from_utc"], name="shift_once"),
            models.CheckConstraint(
                condition=models.Q(to_utc__gt=models.F("from_utc")), name="shift_ends_after_it_begins"
            ),
        )

    def __str__(self) -> str:
        return f"{self.person_name} {self.from_utc}"

    @property
    def due_at(self) -> datetime:
        """When its person is due by the roster: at its begin, or when they were put on it while it ran."""
        return max(self.from_utc, self.put_on_at or self.from_utc)

    @property
    def there_since(self) -> datetime | None:
        """When its person last came, None where they never did."""
        return self.breaks[-1][1] if self.breaks else self.checked_in_at
