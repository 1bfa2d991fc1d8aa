"""Declared sources of alerts, the files that came, findings, what was set aside, suppressions, places in spools."""

from datetime import datetime

from django.db import models

from vonggac.alerts.rules import Standing, State, Told, Way
from vonggac.cases.models import Case
from vonggac.register.models import Organisation, Person
from vonggac.tenancy.fields import PathField


class Source(models.Model):
    """A console, sensor or sender that was declared: what it writes, how it proves itself, how often it is heard."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="alert_sources")
    org_path = PathField()
    name = models.SlugField(max_length=64, unique=True)
    format_name = models.CharField(max_length=40, blank=True, help_text="empty: told by the content")
    mapping = models.TextField(blank=True, help_text="TOML, for tables and generic JSON")
    time_zone = models.CharField(max_length=64, default="UTC")
    folder = models.CharField(max_length=500, blank=True, help_text="files matching this pattern are read as they grow")
    senders = models.JSONField(default=list, help_text="addresses and blocks from which its syslog comes")
    token_digest = models.CharField(max_length=64, blank=True)
    is_signed = models.BooleanField(default=False, help_text="every message carries an HMAC")
    secret_number = models.PositiveIntegerField(default=1, help_text="raised, the HMAC secret is another one")
    expected_seconds = models.PositiveIntegerField(null=True, blank=True, help_text="the longest pause; empty: learnt")
    pauses = models.JSONField(default=list, help_text="the last pauses between arrivals, in seconds")
    is_coordinator = models.BooleanField(default=False, help_text="it sends notices that are answered to it")
    subject_pattern = models.CharField(
        max_length=300, blank=True, help_text="where a mail's subject has its identifier"
    )
    acknowledge_minutes = models.PositiveIntegerField(null=True, blank=True, help_text="where a notice says no time")
    declared_at = models.DateTimeField()
    heard_at = models.DateTimeField(null=True, blank=True)
    silent_since = models.DateTimeField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)
    records = models.BigIntegerField(default=0)
    rejects = models.BigIntegerField(default=0)
    observations = models.BigIntegerField(default=0)
    ahead_seconds = models.BigIntegerField(default=0, help_text="how far its times lie ahead of reception; 0: not")
    ahead_at = models.DateTimeField(null=True, blank=True, help_text="when the last alert with such a time came")
    told_at = models.DateTimeField(null=True, blank=True, help_text="when the ledger was last told what was counted")
    untold = models.JSONField(default=dict, help_text="what was counted since")

    class Meta:
        db_table = "alerts_source"

    def __str__(self) -> str:
        return self.name

    @property
    def unheard_since(self) -> datetime:
        """Since when nothing was heard of it: its last sign of life, or its declaration."""
        return self.heard_at or self.declared_at


class Mailbox(models.Model):
    """A folder of a mail server in which a source's alerts arrive, and how far it was read."""

    source = models.OneToOneField(Source, models.CASCADE, related_name="mailbox")
    org_path = PathField()
    host = models.CharField(max_length=253)
    port = models.PositiveIntegerField(default=993)
    username = models.CharField(max_length=254)
    secret = models.TextField(help_text="the password, sealed")
    folder = models.CharField(max_length=200, default="INBOX")
    uid_validity = models.BigIntegerField(default=0, help_text="while it stays, numbers of messages mean the same")
    last_uid = models.BigIntegerField(default=0)
    read_at = models.DateTimeField(null=True, blank=True)
    trouble = models.CharField(max_length=300, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True, help_text="one process reads it at a time")

    class Meta:
        db_table = "alerts_mailbox"

    def __str__(self) -> str:
        return f"{self.username}@{self.host}"


class Interface(models.Model):
    """The HTTP interface of a coordinator: the request that tells it something, and the address that is polled."""

    source = models.OneToOneField(Source, models.CASCADE, related_name="interface")
    org_path = PathField()
    request = models.JSONField(help_text="as of a gateway of channels; {to} is the notice's identifier")
    secrets = models.TextField(blank=True, help_text="sealed")
    poll_url = models.CharField(max_length=500, blank=True, help_text="empty: nothing is asked for")
    poll_minutes = models.PositiveIntegerField(default=5)
    next_poll_at = models.DateTimeField(null=True, blank=True)
    polled_at = models.DateTimeField(null=True, blank=True)
    trouble = models.CharField(max_length=300, blank=True, help_text="of the last poll")

    class Meta:
        db_table = "alerts_interface"

    def __str__(self) -> str:
        return f"{self.source_id} {self.poll_url}"


class Volume(models.Model):
    """How many alerts of a source came in one hour: what its rhythm is learnt from."""

    source = models.ForeignKey(Source, models.CASCADE, related_name="volumes")
    org_path = PathField()
    hour = models.DateTimeField(help_text="its begin, UTC")
    alerts = models.BigIntegerField()

    class Meta:
        db_table = "alerts_volume"
        constraints = (models.UniqueConstraint(fields=["hour", "source"], name="volume_once"),)

    def __str__(self) -> str:
        return f"{self.hour} {self.alerts}"


class Arrival(models.Model):
    """A file as it came from a source, and how far it was taken in; the same content counts once."""

    source = models.ForeignKey(Source, models.PROTECT, related_name="arrivals")
    org_path = PathField()
    file_name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    format_name = models.CharField(max_length=40, blank=True)
    received_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    batches = models.BigIntegerField(default=0, help_text="batches of the reader that were taken in")
    records = models.BigIntegerField(default=0)
    rejects = models.BigIntegerField(default=0)
    observations = models.BigIntegerField(default=0)
    ahead_alerts = models.BigIntegerField(default=0, help_text="alerts with a time ahead of the file's reception")
    ahead_seconds = models.BigIntegerField(default=0, help_text="by how much at most")

    class Meta:
        db_table = "alerts_arrival"
        constraints = (models.UniqueConstraint(fields=["source", "sha256"], name="arrival_once"),)

    def __str__(self) -> str:
        return self.file_name


class Suppression(models.Model):
    """A rule that keeps findings out of the inbox: explicit, owned, expiring, counted."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    org_path = PathField()
    source = models.ForeignKey(Source, models.CASCADE, null=True, blank=True, related_name="suppressions")
    rule = models.CharField(max_length=200, blank=True, help_text="empty: every rule")
    subject = models.CharField(max_length=100, blank=True, help_text="empty: every subject")
    reason = models.CharField(max_length=300)
    owner = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    count = models.BigIntegerField(default=0, help_text="alerts that it kept out")

    class Meta:
        db_table = "alerts_suppression"
        constraints = (
            models.CheckConstraint(
                condition=~models.Q(rule="", subject=""), name="suppression_names_a_rule_or_a_subject"
            ),
        )

    def __str__(self) -> str:
        return f"{self.rule} {self.subject}"


class Notice(models.Model):
    """One matter of an upstream coordinator by its identifier: what it says of it, and what it was told."""

    source = models.ForeignKey(Source, models.PROTECT, related_name="notices")
    org_path = PathField()
    identifier = models.CharField(max_length=200)
    title = models.CharField(max_length=300)
    state_told = models.CharField(max_length=100, blank=True, help_text="in the coordinator's own word")
    received_at = models.DateTimeField()
    acknowledge_by = models.DateTimeField(null=True, blank=True, help_text="empty: neither notice nor source says one")
    called_at = models.DateTimeField(null=True, blank=True, help_text="when somebody was called, for it was overdue")
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    reopened_at = models.DateTimeField(null=True, blank=True, help_text="when its sender opened it again")

    class Meta:
        db_table = "alerts_notice"
        constraints = (models.UniqueConstraint(fields=["source", "identifier"], name="notice_once"),)
        indexes = (
            models.Index(
                fields=["acknowledge_by"],
                condition=models.Q(acknowledged_at=None, closed_at=None),
                name="notice_unacknowledged",
            ),
        )

    def __str__(self) -> str:
        return self.identifier

    @property
    def standing(self) -> Standing:
        """Where it stands with the coordinator."""
        if self.closed_at:
            return Standing.CLOSED
        if self.answered_at:
            return Standing.ANSWERED
        if self.acknowledged_at:
            return Standing.ACKNOWLEDGED
        return Standing.REOPENED if self.reopened_at else Standing.RECEIVED

    @property
    def is_waiting(self) -> bool:
        """True while its acknowledgement is waited for: its clock runs."""
        return not (self.acknowledged_at or self.closed_at)

    @property
    def is_late(self) -> bool:
        """True where it was acknowledged after its time; of one that waits the clock tells."""
        return bool(self.acknowledge_by and self.acknowledged_at and self.acknowledged_at > self.acknowledge_by)

    def is_earlier(self, reply: "Reply") -> bool:
        """True for what was said before its sender opened it again; people write their times to the minute."""
        return self.reopened_at is not None and reply.said_at < self.reopened_at.replace(second=0, microsecond=0)


class Reply(models.Model):
    """What was said to the coordinator about a notice: by hand, entered as sent, or by the desk, until it is sent."""

    notice = models.ForeignKey(Notice, models.PROTECT, related_name="replies")
    org_path = PathField()
    kind = models.CharField(max_length=16, choices=[(one.value, one.value) for one in Told])
    way = models.CharField(max_length=10, choices=[(one.value, one.value) for one in Way])
    text = models.TextField(blank=True)
    by = models.CharField(max_length=200)
    entered_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    key = models.CharField(max_length=64, unique=True, help_text="the same at every try")
    attempts = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True)
    trouble = models.CharField(max_length=300, blank=True)

    class Meta:
        db_table = "alerts_reply"
        indexes = (
            models.Index(fields=["next_try_at"], condition=models.Q(next_try_at__isnull=False), name="reply_waiting"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"

    @property
    def said_at(self) -> datetime:
        """When it was put into words: what the desk sends later was written before."""
        return min(self.entered_at, self.sent_at or self.entered_at)


class Finding(models.Model):
    """Alerts of one source, rule and subject that followed one another: what a person looks at."""

    source = models.ForeignKey(Source, models.PROTECT, related_name="findings")
    org_path = PathField()
    rule = models.CharField(max_length=200)
    subject = models.CharField(max_length=100)
    title = models.CharField(max_length=300)
    severity = models.CharField(max_length=13)
    incident_class = models.CharField(max_length=30, blank=True)
    first_seen_utc = models.DateTimeField(null=True, blank=True)
    last_seen_utc = models.DateTimeField(null=True, blank=True)
    first_received_at = models.DateTimeField()
    last_received_at = models.DateTimeField()
    count = models.BigIntegerField(default=1)
    samples = models.JSONField(default=list, help_text="where the first and the newest records lie")
    is_current = models.BooleanField(default=True, help_text="further alerts of the group are counted here")
    state = models.CharField(max_length=12, choices=[(s.value, s.value) for s in State], default=State.NEW)
    priority = models.PositiveSmallIntegerField(default=3)
    priority_reason = models.CharField(max_length=300, blank=True)
    clock_from = models.DateTimeField(null=True, blank=True, help_text="when it rose; empty: when it came")
    acknowledge_by = models.DateTimeField(null=True, blank=True)
    handle_by = models.DateTimeField(null=True, blank=True)
    called_at = models.DateTimeField(null=True, blank=True, help_text="when somebody was called, for nobody saw it")
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    handled_at = models.DateTimeField(null=True, blank=True)
    handled_by = models.CharField(max_length=200, blank=True)
    note = models.CharField(max_length=300, blank=True)
    # Hardly any has one of these: their indexes leave out the others, of which a file writes ten thousand at once.
    case = models.ForeignKey(
        Case, models.SET_NULL, null=True, blank=True, related_name="alert_findings", db_index=False
    )
    notice = models.ForeignKey(Notice, models.PROTECT, null=True, blank=True, related_name="findings", db_index=False)
    merged_into = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="merged", db_index=False
    )
    suppression = models.ForeignKey(
        Suppression, models.SET_NULL, null=True, blank=True, related_name="findings", db_index=False
    )

    class Meta:
        db_table = "alerts_finding"
        constraints = (
            models.UniqueConstraint(
                fields=["source", "rule", "subject"],
                condition=models.Q(is_current=True),
                name="alert_finding_current",
            ),
        )
        indexes = (
            models.Index(fields=["state", "org_path", "priority", "-last_received_at", "-id"], name="alert_inbox"),
            models.Index(fields=["state", "priority", "-last_received_at", "-id"], name="alert_inbox_wide"),
            models.Index(
                fields=["subject", "state", "org_path", "priority", "-last_received_at", "-id"], name="alert_machine"
            ),
            models.Index(
                fields=["source", "last_received_at"], condition=models.Q(is_current=True), name="alert_current_age"
            ),
            models.Index(
                fields=["acknowledge_by", "priority", "org_path"],
                condition=models.Q(state=State.NEW),
                name="alert_unacknowledged",
            ),
            models.Index(
                fields=["acknowledged_at", "org_path"],
                condition=models.Q(acknowledged_at__isnull=False),
                name="alert_answered",
            ),
            *(
                models.Index(
                    fields=[name], condition=models.Q(**{f"{name}__isnull": False}), name=f"alert_finding_{name}"
                )
                for name in ("case", "notice", "merged_into", "suppression")
            ),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def is_acknowledged_late(self) -> bool:
        """True where it was acknowledged after its time."""
        return bool(self.acknowledge_by and self.acknowledged_at and self.acknowledged_at > self.acknowledge_by)


class SetAside(models.Model):
    """Lines of one arrival or message that could not be read: kept with their reasons until a replay takes them in.

    A file of which nothing could be read may be taken back instead, as handed in by mistake.
    """

    source = models.ForeignKey(Source, models.PROTECT, related_name="set_aside")
    org_path = PathField()
    raw = models.CharField(max_length=120, help_text="where the bytes lie: file/<sha256> or spool/…")
    file_name = models.CharField(max_length=255, blank=True)
    part = models.BigIntegerField(default=0, help_text="first batch of the arrival, 0 for a message")
    at = models.DateTimeField()
    lines = models.JSONField(help_text="numbers of the lines; none: the file as a whole")
    taken = models.JSONField(default=list, help_text="offsets of the alerts in these lines that were read")
    reasons = models.JSONField(help_text="the first of them: line, column, reason, raw")
    replayed_at = models.DateTimeField(null=True, blank=True)
    taken_back_at = models.DateTimeField(null=True, blank=True)
    taken_back_by = models.CharField(max_length=200, blank=True, default="")
    taken_back_for = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        db_table = "alerts_set_aside"
        constraints = (models.UniqueConstraint(fields=["source", "raw", "part"], name="set_aside_once"),)

    def __str__(self) -> str:
        return f"{self.raw} {len(self.lines)}"


class Message(models.Model):
    """A message whose sender gave it an identifier: the same identifier again counts once."""

    source = models.ForeignKey(Source, models.CASCADE, related_name="messages")
    org_path = PathField()
    identifier = models.CharField(max_length=64, help_text="SHA-256 of the sender's own")
    raw = models.CharField(max_length=120)
    received_at = models.DateTimeField()

    class Meta:
        db_table = "alerts_message"
        constraints = (models.UniqueConstraint(fields=["source", "identifier"], name="message_once"),)
        indexes = (models.Index(fields=["received_at"], name="message_age"),)

    def __str__(self) -> str:
        return self.identifier


class Progress(models.Model):
    """How far a spool was counted; changed in the transaction of the counting, so nothing counts twice."""

    org_path = PathField(default="", help_text="always empty: a spool is the desk's own")
    collector = models.CharField(max_length=64, unique=True)
    segment = models.BigIntegerField(default=1)
    offset = models.BigIntegerField(default=8)

    class Meta:
        db_table = "alerts_progress"

    def __str__(self) -> str:
        return f"{self.collector} {self.segment}:{self.offset}"
