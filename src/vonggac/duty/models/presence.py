"""What shows that somebody was there and that the watch passed on: questions at night, hand-overs, things to watch."""

from django.db import models

from vonggac.duty.models.posts import Post
from vonggac.duty.models.rosters import Shift
from vonggac.register.models import Organisation, Person
from vonggac.tenancy.fields import PathField


class Prompt(models.Model):
    """One “still awake?” to the person of a shift; unanswered past `due_at`, they count as away since `asked_at`."""

    shift = models.ForeignKey(Shift, models.CASCADE, related_name="prompts")
    org_path = PathField()
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_via = models.CharField(max_length=10, blank=True)
    missed_at = models.DateTimeField(null=True, blank=True, help_text="when the lead was told")

    class Meta:
        db_table = "duty_prompt"
        constraints = (models.UniqueConstraint(fields=["shift", "asked_at"], name="prompt_once"),)
        indexes = (
            models.Index(fields=["due_at"], condition=models.Q(answered_at__isnull=True), name="prompt_waiting"),
        )

    def __str__(self) -> str:
        return f"{self.shift_id} {self.asked_at}"


class HandOver(models.Model):
    """One change of shift on a post: the same list, signed by who gives and by who takes.

    `items` is the list as it stood when it was given, `digest` its SHA-256: both signatures stand under that. A row
    that nobody gave says that the lead was told of it.
    """

    post = models.ForeignKey(Post, models.CASCADE, related_name="hand_overs")
    org_path = PathField()
    boundary_utc = models.DateTimeField(help_text="when the one shift ends and the next begins")
    items = models.JSONField(default=dict)
    digest = models.CharField(max_length=64, blank=True)
    note = models.TextField(blank=True, help_text="at most three lines")
    given_at = models.DateTimeField(null=True, blank=True)
    given_by = models.CharField(max_length=200, blank=True)
    giver = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    gave_as_stand_in = models.BooleanField(default=False, help_text="nobody of the ending shift was there to sign")
    taken_at = models.DateTimeField(null=True, blank=True)
    taken_by = models.CharField(max_length=200, blank=True)
    taker = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    took_as_stand_in = models.BooleanField(default=False, help_text="nobody of the beginning shift was there to sign")
    told_at = models.DateTimeField(null=True, blank=True, help_text="when the lead was told that it is unsigned")

    class Meta:
        db_table = "duty_hand_over"
        constraints = (
            models.UniqueConstraint(fields=["post", "boundary_utc"], name="hand_over_once"),
            models.CheckConstraint(
                condition=models.Q(taken_at__isnull=True) | models.Q(taken_at__gte=models.F("given_at")),
                name="hand_over_taken_after_given",
            ),
        )

    def __str__(self) -> str:
        return f"{self.post_id} {self.boundary_utc}"

    @property
    def timestamp(self) -> int:
        """The boundary as addresses carry it."""
        return int(self.boundary_utc.timestamp())


class WatchItem(models.Model):
    """Something that the next shifts should keep an eye on, until somebody closes it."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    org_path = PathField()
    text = models.CharField(max_length=300)
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=200)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "duty_watch_item"
        indexes = (
            models.Index(fields=["org_path"], condition=models.Q(closed_at__isnull=True), name="watch_item_open"),
        )

    def __str__(self) -> str:
        return self.text
