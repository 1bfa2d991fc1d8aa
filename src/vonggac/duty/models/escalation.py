"""Escalations: whom to call, in which order, until somebody takes it on. All of it is rows; nothing is remembered.

policy → escalation ─┬─ concerns   what it is about; 1,000 of them are one escalation
                     └─ steps      what is due when: call the next, say what changed, end an acknowledgement
                           └─ pages     one step for one address
                                 └─ letter   what really goes out: all pages due for one address, told together
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from vonggac.duty.escalation.rules import Kind, Reason, State
from vonggac.duty.models.contacts import Channel
from vonggac.duty.models.posts import Post
from vonggac.register.models import Organisation, Person
from vonggac.tenancy.fields import PathField

REASONS = [(reason.value, reason.value) for reason in Reason]


class Policy(models.Model):
    """Whom an organisation (or one of its posts) calls, for which reasons; the desk's own plan where none is kept."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="policies")
    org_path = PathField()
    name = models.CharField(max_length=100)
    post = models.ForeignKey(Post, models.CASCADE, null=True, blank=True, related_name="+")
    command_post = models.ForeignKey(
        Post, models.SET_NULL, null=True, blank=True, related_name="+", help_text="who is on it commands the watch"
    )
    reasons = ArrayField(models.CharField(max_length=12, choices=REASONS), default=list, blank=True)
    plan = models.JSONField(help_text="steps, rounds, acknowledgements, minutes until a note: rules.Plan")

    class Meta:
        db_table = "duty_policy"
        constraints = (models.UniqueConstraint(fields=["organisation", "name"], name="policy_once"),)

    def __str__(self) -> str:
        return self.name


class Escalation(models.Model):
    """One call for help, with the plan as it stood when it began: a policy changed later changes nothing here."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="escalations")
    org_path = PathField()
    reason = models.CharField(max_length=12, choices=REASONS)
    post = models.ForeignKey(Post, models.SET_NULL, null=True, blank=True, related_name="escalations")
    command_post = models.ForeignKey(Post, models.SET_NULL, null=True, blank=True, related_name="+")
    policy_name = models.CharField(max_length=100, blank=True, help_text="empty: the desk's own plan")
    plan = models.JSONField()
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in State], default=State.CALLING.value)
    round = models.PositiveSmallIntegerField(default=0)
    position = models.PositiveSmallIntegerField(default=0, help_text="the step that is called next")
    was_heard = models.BooleanField(default=False, help_text="this round reached somebody")
    has_news = models.BooleanField(default=False, help_text="something came after this round began")
    taken_by = models.JSONField(default=list, help_text="who acknowledged: [{who, person, name, at, via}]")
    taken_until = models.DateTimeField(null=True, blank=True, help_text="then it goes on, unless a note comes")
    note = models.CharField(max_length=500, blank=True, help_text="the newest word on how it goes")
    started_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_why = models.CharField(max_length=300, blank=True)

    class Meta:
        db_table = "duty_escalation"
        indexes = (
            models.Index(fields=["org_path", "-started_at"], name="escalation_time"),
            models.Index(fields=["org_path"], condition=Q(ended_at__isnull=True), name="escalation_open"),
        )
        constraints = (
            # What comes while one is open joins it: a storm is one page.
            models.UniqueConstraint(
                fields=["organisation", "reason", "post"],
                condition=Q(ended_at__isnull=True) & ~Q(reason="call"),
                name="escalation_one_open",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(state="ended", ended_at__isnull=False) | ~Q(state="ended") & Q(ended_at__isnull=True),
                name="escalation_ends_with_its_time",
            ),
            models.CheckConstraint(
                condition=Q(state="taken", taken_until__isnull=False) | ~Q(state="taken"),
                name="escalation_taken_for_a_time",
            ),
        )

    def __str__(self) -> str:
        return f"{self.reason} {self.org_path}"


class Concern(models.Model):
    """One thing that an escalation is about; told once for each occasion, however often it is reported."""

    escalation = models.ForeignKey(Escalation, models.CASCADE, related_name="concerns")
    org_path = PathField()
    kind = models.CharField(max_length=20, help_text="case, post, shift, hand_over, note")
    identifier = models.BigIntegerField()
    occasion = models.CharField(max_length=60, blank=True, help_text="tells two happenings about one row apart")
    title = models.CharField(max_length=300)
    added_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "duty_concern"
        constraints = (
            models.UniqueConstraint(fields=["org_path", "kind", "identifier", "occasion"], name="concern_once"),
        )
        indexes = (
            models.Index(fields=["escalation", "added_at"], name="concern_time"),
            models.Index(fields=["kind", "identifier"], condition=Q(settled_at__isnull=True), name="concern_open"),
        )

    def __str__(self) -> str:
        return self.title


class Step(models.Model):
    """Something due at a time; at most one of a kind waits for one escalation."""

    escalation = models.ForeignKey(Escalation, models.CASCADE, related_name="steps")
    org_path = PathField()
    kind = models.CharField(max_length=10, choices=[(kind.value, kind.value) for kind in Kind])
    round = models.PositiveSmallIntegerField(default=0)
    position = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    was_dropped = models.BooleanField(default=False, help_text="it was no longer needed when its time came")
    failure = models.CharField(max_length=300, blank=True, help_text="why it could not be done; it is tried again")

    class Meta:
        db_table = "duty_step"
        indexes = (models.Index(fields=["due_at", "id"], condition=Q(done_at__isnull=True), name="step_due"),)
        constraints = (
            models.UniqueConstraint(
                fields=["escalation", "kind"], condition=Q(done_at__isnull=True), name="step_one_waiting"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.due_at}"


class Letter(models.Model):
    """What goes out to one address at one time, kept before it is sent; `key` is the same however often it is tried.

    A letter without pages is a test of a contact method.
    """

    org_path = PathField()
    person = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    name = models.CharField(max_length=200, blank=True)
    # Its letters outlive a channel: who was called stays known. Given up before, they do not go out as mail.
    channel = models.ForeignKey(Channel, models.SET_NULL, null=True, blank=True, related_name="letters")
    address = models.CharField(max_length=300, blank=True)
    subject = models.CharField(max_length=300)
    body = models.TextField()
    brief = models.TextField(blank=True, help_text="the same in one line, for short messages")
    about = models.JSONField(default=list, help_text="the escalations that it tells about")
    links = models.JSONField(
        default=list, help_text="what stands for {link:0}, {link:1}: [{purpose, subjects}]; made when it goes out"
    )
    key = models.CharField(max_length=100, unique=True, help_text="Message-ID, or the gateway's idempotency key")
    made_at = models.DateTimeField()
    due_at = models.DateTimeField()
    claimed_by = models.UUIDField(null=True, blank=True, help_text="the pager that has it in hand")
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    given_up_at = models.DateTimeField(null=True, blank=True)
    failure = models.CharField(max_length=300, blank=True)

    class Meta:
        db_table = "duty_letter"
        indexes = (
            models.Index(
                fields=["due_at", "id"], condition=Q(sent_at__isnull=True, given_up_at__isnull=True), name="letter_due"
            ),
            models.Index(fields=["org_path", "-made_at"], name="letter_time"),
        )

    def __str__(self) -> str:
        return self.subject


class Page(models.Model):
    """One step of one escalation for one address; it waits until a letter carries it."""

    step = models.ForeignKey(Step, models.CASCADE, related_name="pages")
    escalation = models.ForeignKey(Escalation, models.CASCADE, related_name="pages")
    org_path = PathField()
    person = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    name = models.CharField(max_length=200, blank=True)
    language = models.CharField(max_length=5, default="vi")
    channel = models.ForeignKey(Channel, models.SET_NULL, null=True, blank=True, related_name="+")
    address = models.CharField(max_length=300, blank=True)
    due_at = models.DateTimeField()
    letter = models.ForeignKey(Letter, models.CASCADE, null=True, blank=True, related_name="pages")
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "duty_page"
        indexes = (
            models.Index(
                fields=["due_at", "id"], condition=Q(letter__isnull=True, withdrawn_at__isnull=True), name="page_due"
            ),
            models.Index(fields=["escalation", "address"], name="page_address"),
        )

    def __str__(self) -> str:
        return f"{self.name} {self.address}"


class Pager(models.Model):
    """A running engine; what it has in hand is free again when it gives no sign."""

    id = models.UUIDField(primary_key=True)
    seen_at = models.DateTimeField(help_text="by the database's own clock")

    class Meta:
        db_table = "duty_pager"

    def __str__(self) -> str:
        return str(self.id)
