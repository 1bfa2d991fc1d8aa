"""The people who stand duty: what they can, where they may stand, when they are away, what they wish."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from vonggac.duty.models.posts import Post
from vonggac.register.models import Organisation, Person
from vonggac.tenancy.fields import PathField


class Member(models.Model):
    """Somebody on an office's duty list, with or without an account of their own."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="duty_members")
    org_path = PathField()
    name = models.CharField(max_length=200)
    person = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="duty_members")
    phone = models.CharField(max_length=40, blank=True)
    skills = ArrayField(models.CharField(max_length=30), default=list, blank=True)
    share_percent = models.PositiveSmallIntegerField(default=100, help_text="50 for half-time")
    weekly_hours = models.PositiveSmallIntegerField(null=True, blank=True, help_text="their own limit, if tighter")
    most_shifts = models.PositiveSmallIntegerField(null=True, blank=True, help_text="in one roster")
    is_barred_from_nights = models.BooleanField(default=False)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True, help_text="first day on which they no longer stand duty")
    posts = models.ManyToManyField(Post, through="Eligibility", related_name="members")

    class Meta:
        db_table = "duty_member"
        constraints = (
            models.UniqueConstraint(fields=["organisation", "name"], name="member_once"),
            models.UniqueConstraint(fields=["organisation", "person"], name="member_account_once"),
            models.CheckConstraint(condition=models.Q(share_percent__range=(1, 100)), name="member_share"),
        )

    def __str__(self) -> str:
        return self.name


class Eligibility(models.Model):
    """That a member may stand at a post."""

    member = models.ForeignKey(Member, models.CASCADE, related_name="eligibilities")
    post = models.ForeignKey(Post, models.CASCADE, related_name="eligibilities")
    org_path = PathField()

    class Meta:
        db_table = "duty_eligibility"
        constraints = (models.UniqueConstraint(fields=["member", "post"], name="eligibility_once"),)

    def __str__(self) -> str:
        return f"{self.member_id} → {self.post_id}"


class LeaveKind(models.TextChoices):
    """Why somebody is away."""

    ANNUAL = "annual", _("annual leave")
    SICK = "sick", _("sick leave")
    TRAINING = "training", _("training")
    MISSION = "mission", _("away on business")
    REST = "rest", _("compensatory rest")
    OTHER = "other", _("other")


class LeaveState(models.TextChoices):
    """Whether leave counts: only what was granted keeps somebody off the roster."""

    ASKED = "asked", _("asked for")
    GRANTED = "granted", _("granted")
    REFUSED = "refused", _("refused")


class Leave(models.Model):
    """A time in which a member stands no duty."""

    member = models.ForeignKey(Member, models.CASCADE, related_name="leaves")
    org_path = PathField()
    kind = models.CharField(max_length=10, choices=LeaveKind.choices, default=LeaveKind.ANNUAL)
    state = models.CharField(max_length=10, choices=LeaveState.choices, default=LeaveState.ASKED)
    from_utc = models.DateTimeField()
    to_utc = models.DateTimeField()
    note = models.CharField(max_length=300, blank=True)
    asked_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "duty_leave"
        indexes = (models.Index(fields=["org_path", "from_utc"], name="leave_time"),)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(to_utc__gt=models.F("from_utc")), name="leave_ends_after_it_begins"
            ),
        )

    def __str__(self) -> str:
        return f"{self.member_id} {self.from_utc}"


class Wish(models.Model):
    """A span in which a member would like to stand a shift, or none; the roster heeds it where the rules leave room."""

    member = models.ForeignKey(Member, models.CASCADE, related_name="wishes")
    org_path = PathField()
    wants_duty = models.BooleanField(default=False)
    weight = models.PositiveSmallIntegerField(default=1, help_text="1 to 3: how much it matters")
    from_utc = models.DateTimeField()
    to_utc = models.DateTimeField()
    note = models.CharField(max_length=300, blank=True)
    made_at = models.DateTimeField()

    class Meta:
        db_table = "duty_wish"
        indexes = (models.Index(fields=["org_path", "from_utc"], name="wish_time"),)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(to_utc__gt=models.F("from_utc")), name="wish_ends_after_it_begins"
            ),
            models.CheckConstraint(condition=models.Q(weight__range=(1, 3)), name="wish_weight"),
        )

    def __str__(self) -> str:
        return f"{self.member_id} {self.from_utc}"
