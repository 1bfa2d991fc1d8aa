"""Posts, the shifts that they are divided into, and how many people with which skills these want."""

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from vonggac.directives.models import Directive
from vonggac.register.models import Organisation, Person
from vonggac.tenancy.fields import PathField


class PostKind(models.TextChoices):
    """What a post is for, as offices name it."""

    MONITORING = "monitoring", _("monitoring")
    HANDLING = "handling", _("incident handling")
    LEADERSHIP = "leadership", _("leadership on duty")
    INFRASTRUCTURE = "infrastructure", _("infrastructure")
    OTHER = "other", _("other")


class Post(models.Model):
    """A place that must be staffed.

    `minimum` and `needs_lead` are the need of a post without shift types, one that an imported table made: at every
    moment. A post with shift types needs what these say.
    """

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="posts")
    org_path = PathField()
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=20, choices=PostKind.choices, default=PostKind.OTHER)
    minimum = models.PositiveSmallIntegerField(default=1)
    needs_lead = models.BooleanField(default=False)
    lead = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="+", help_text="who answers for the post"
    )
    asks_presence = models.BooleanField(default=False, help_text="people on shift are asked to check in")
    presence_turned_at = ArrayField(
        models.DateTimeField(), default=list, blank=True, help_text="when asks_presence changed, in order"
    )
    hands_over = models.BooleanField(default=False, help_text="shifts are handed over with two signatures")
    awake_minutes = models.PositiveSmallIntegerField(default=0, help_text="between two questions at night; 0: none")
    position = models.PositiveSmallIntegerField(default=0)
    retired_on = models.DateField(null=True, blank=True, help_text="first day on which nobody is needed any more")

    class Meta:
        db_table = "duty_post"
        constraints = (models.UniqueConstraint(fields=["organisation", "name"], name="post_once"),)

    def __str__(self) -> str:
        return self.name

    @property
    def active_lead(self) -> Person | None:
        """Who answers for the post; None where nobody does, or their account is closed."""
        return self.lead if self.lead and self.lead.is_active else None

    def asked_presence(self, at: datetime) -> bool:
        """Whether people were asked to check in at a moment, whatever was settled later."""
        turned_since = sum(moment > at for moment in self.presence_turned_at)
        return self.asks_presence if turned_since % 2 == 0 else not self.asks_presence

    def asked_throughout(self, begin: datetime, end: datetime) -> bool:
        """Whether people were asked to check in at every moment of a span."""
        return self.asked_presence(begin) and not any(begin < one < end for one in self.presence_turned_at)

    def began_to_ask(self, begin: datetime, end: datetime) -> datetime | None:
        """When, last within a span, people were first asked to check in: nobody was due to before; None where never."""
        turned = (one for one in self.presence_turned_at if begin < one <= end and self.asked_presence(one))
        return max(turned, default=None)


class ShiftType(models.Model):
    """One shift of a post's pattern, from one day until another; the past keeps the pattern that it had.

    It asks for nobody before `since`, when it was entered: a shift that ran then is asked for from that moment on.
    `skills` says how many people with each skill the shift needs among its people.
    """

    post = models.ForeignKey(Post, models.PROTECT, related_name="shift_types")
    org_path = PathField()
    code = models.CharField(max_length=8, help_text="the letter in tables: S, C, Đ")
    name = models.CharField(max_length=60)
    start_minute = models.PositiveSmallIntegerField(help_text="after midnight in Hà Nội")
    length_minutes = models.PositiveSmallIntegerField()
    weekdays = ArrayField(models.PositiveSmallIntegerField(), default=list, help_text="0 is Monday; empty: every day")
    is_on_call = models.BooleanField(default=False, help_text="reachable at home")
    minimum = models.PositiveSmallIntegerField(default=1)
    wished = models.PositiveSmallIntegerField(default=0)
    skills = models.JSONField(default=dict)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True, help_text="first day on which it no longer holds")
    since = models.DateTimeField(null=True, blank=True, help_text="when it was entered; empty: before that was kept")

    class Meta:
        db_table = "duty_shift_type"
        indexes = (models.Index(fields=["post", "valid_from"], name="shift_type_post"),)
        constraints = (
            models.CheckConstraint(condition=models.Q(start_minute__lt=1440), name="shift_type_starts_within_a_day"),
            models.CheckConstraint(
                condition=models.Q(length_minutes__gte=15, length_minutes__lte=2880), name="shift_type_length"
            ),
            models.UniqueConstraint(
                fields=["post", "code"], condition=models.Q(valid_to__isnull=True), name="shift_type_code_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Reinforcement(models.Model):
    """More people or skills than the pattern asks for: on some days, for a directive's period, or on every holiday.

    A shift then needs the larger of both numbers. `code` names the shift, "" every shift of the post. Minutes that had
    passed when it was asked for, or that come after it was taken back, need no more than before.
    """

    post = models.ForeignKey(Post, models.PROTECT, related_name="reinforcements")
    org_path = PathField()
    code = models.CharField(max_length=8, blank=True)
    minimum = models.PositiveSmallIntegerField(default=0)
    wished = models.PositiveSmallIntegerField(default=0)
    skills = models.JSONField(default=dict)
    from_day = models.DateField()
    to_day = models.DateField(null=True, blank=True, help_text="the last day; empty: until further notice")
    on_holidays = models.BooleanField(default=False, help_text="only on public holidays within these days")
    directive = models.ForeignKey(Directive, models.SET_NULL, null=True, blank=True, related_name="+")
    reason = models.CharField(max_length=300, blank=True)
    asked_at = models.DateTimeField(null=True, help_text="a shift that ran by then needs more from then on")
    ended_at = models.DateTimeField(null=True, blank=True, help_text="when it was taken back, once it had begun")

    class Meta:
        db_table = "duty_reinforcement"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(to_day__isnull=True) | models.Q(to_day__gte=models.F("from_day")),
                name="reinforcement_ends_after_it_begins",
            ),
        )

    def __str__(self) -> str:
        return f"{self.post_id} {self.from_day}"
