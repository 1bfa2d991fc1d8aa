"""Cases, what they are about (findings), what was handed in (evidence) and what was concluded (verdicts)."""

from collections.abc import Sequence

from django.db import models
from django.db.models.fields.json import KT
from django.utils.translation import gettext_lazy as _

from vonggac.cases.rules import Claim, Proof, State
from vonggac.register.models import Asset, Organisation, Person
from vonggac.tenancy.fields import PathField

# So much of a name is kept for the search.
LONGEST_ENDING = 200


class Kind(models.TextChoices):
    """The kinds of work; each later package adds its own."""

    OBLIGATION = "obligation", _("obligation")
    BOTNET_HOST = "botnet_host", _("host on a botnet list")
    ALERT = "alert", _("alert about a host")


class Case(models.Model):
    """Work to do about findings or an obligation: owner, due time, and the two answers kept apart."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="cases")
    org_path = PathField()
    kind = models.CharField(max_length=20, choices=Kind.choices)
    subject = models.CharField(max_length=300, help_text="what it is about: a host's name, an address, a clause label")
    title = models.CharField(max_length=500)
    state = models.CharField(max_length=15, choices=[(s.value, s.value) for s in State], default=State.SENT)
    priority = models.PositiveSmallIntegerField(default=3, help_text="1 is most urgent")
    priority_reason = models.CharField(max_length=300, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField()
    reopened_count = models.PositiveIntegerField(default=0)
    assignee = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="cases")
    asset = models.ForeignKey(Asset, models.PROTECT, null=True, blank=True, related_name="cases")

    claim = models.CharField(max_length=10, choices=[(c.value, c.value) for c in Claim], default=Claim.NONE)
    claim_text = models.TextField(blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    claimed_by = models.CharField(max_length=200, blank=True, help_text="name as given; also for answers on paper")
    claimed_via = models.CharField(max_length=10, blank=True, help_text="desk, link, paper, mail, api")

    rule = models.CharField(max_length=40, blank=True, help_text="proof rule; empty: none exists yet")
    proof = models.CharField(max_length=15, choices=[(p.value, p.value) for p in Proof], default=Proof.NONE)
    proof_at = models.DateTimeField(null=True, blank=True)
    proof_reason = models.TextField(blank=True)
    missing = models.JSONField(default=list, help_text="what log or list is missing, structured")
    closing = models.CharField(
        max_length=300, blank=True, default="", help_text="why it is closed; empty: proven, or it is open"
    )
    heirs: Sequence["Case"] = ()
    """Those that it went over to, where a list has looked them up for its reader (`successors.look_up`)."""

    class Meta:
        db_table = "cases_case"
        indexes = (
            models.Index(fields=["state", "org_path", "due_at", "id"], name="case_inbox"),
            models.Index(fields=["org_path", "kind", "subject"], name="case_subject"),
            # A list looks its hosts up by owner and name; a page of one owner goes by number.
            models.Index(fields=["organisation", "kind", "subject"], name="case_host"),
            models.Index(fields=["organisation", "id"], name="case_organisation"),
            models.Index(fields=["state", "due_at", "id"], name="case_inbox_wide"),
            models.Index(fields=["proof", "org_path", "due_at", "id"], name="case_proof"),
            # Nearly every claimed or closed case claims to be done, hardly another one: these few have their own walk.
            models.Index(
                fields=["claim", "state", "due_at", "id"],
                name="case_claim",
                condition=models.Q(claim__in=(Claim.NOT_OURS, Claim.CANNOT))
                | models.Q(claim=Claim.DONE, state__in=sorted(set(State) - {State.CLAIMED, State.CLOSED})),
            ),
        )

    def __str__(self) -> str:
        return self.title


def _of_detail(key: str) -> models.GeneratedField:
    """What a finding's detail says, as a column: under row-level security an index serves plain columns alone."""
    return models.GeneratedField(
        expression=KT(f"detail__{key}"), output_field=models.TextField(db_collation="C", null=True), db_persist=True
    )


class Finding(models.Model):
    """The deduplicated conclusion about one subject: here (address, family) as a list or alert named it."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="findings")
    org_path = PathField()
    source = models.CharField(max_length=100, help_text="who reported it: the sender of the list")
    subject = models.CharField(max_length=100, help_text="the address as listed")
    family = models.CharField(max_length=200, blank=True)
    presence = models.CharField(max_length=10, default="new", help_text="new, still, gone, returned")
    first_seen_utc = models.DateTimeField(null=True, blank=True)
    last_seen_utc = models.DateTimeField(null=True, blank=True)
    count = models.BigIntegerField(default=1)
    seen_in = models.BigIntegerField(null=True, blank=True, help_text="the newest list that carried it")
    settling = models.BigIntegerField(
        null=True, blank=True, help_text="by which a person says that a list means it; null: the list says so itself"
    )
    detail = models.JSONField(default=dict, help_text="port, protocol, destination, network, inner host")
    c2_address = _of_detail("destination_address")
    c2_host = _of_detail("destination_host")

    class Meta:
        db_table = "cases_finding"
        constraints = (
            models.UniqueConstraint(
                fields=["source", "subject", "family", "case", "settling"],
                name="finding_once_per_case",
                nulls_distinct=False,
            ),
        )
        indexes = (
            models.Index(fields=["source", "subject", "family"], name="finding_identity"),
            models.Index(fields=["subject"], name="finding_subject"),
            models.Index(fields=["source", "presence", "seen_in"], name="finding_presence"),
            models.Index(fields=["settling"], name="finding_settling", condition=models.Q(settling__isnull=False)),
            # Many findings share these: a narrow scope reads its own part of them.
            models.Index(fields=["family", "org_path"], name="finding_family"),
            models.Index(
                fields=["c2_address", "org_path"],
                name="finding_c2_address",
                condition=models.Q(c2_address__isnull=False),
            ),
            models.Index(
                fields=["c2_host", "org_path"], name="finding_c2_host", condition=models.Q(c2_host__isnull=False)
            ),
        )

    def __str__(self) -> str:
        return f"{self.subject} {self.family}"


class Evidence(models.Model):
    """A file handed in for a claim; the bytes lie under their digest in the home folder and are never changed."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="evidence")
    org_path = PathField()
    name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    media_type = models.CharField(max_length=100)
    added_at = models.DateTimeField()
    added_by = models.CharField(max_length=200)

    class Meta:
        db_table = "cases_evidence"

    def __str__(self) -> str:
        return self.name


class Verdict(models.Model):
    """One evaluation whose outcome differed from the one before it: the history of what observation showed."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="verdicts")
    org_path = PathField()
    at = models.DateTimeField()
    rule = models.CharField(max_length=40)
    proof = models.CharField(max_length=15, choices=[(p.value, p.value) for p in Proof])
    reason = models.TextField(blank=True)
    looked_at = models.DateTimeField(null=True, blank=True, help_text="when it was last looked at and found to stand")
    detail = models.JSONField(
        default=dict, help_text="coverage, gaps, contacts, missing logs: what the strip chart shows"
    )

    class Meta:
        db_table = "cases_verdict"
        indexes = (models.Index(fields=["case", "-at"], name="verdict_history"),)

    def __str__(self) -> str:
        return f"{self.proof} {self.at}"


class Answerer(models.Model):
    """A name under which a case was acknowledged or answered, as the search begins it: from each of its words on.

    `Nguyễn An` has two rows, `nguyen an` and `an`: folded, so that a range of the index finds what begins so.
    """

    case = models.ForeignKey(Case, models.CASCADE, related_name="answerers")
    org_path = PathField()
    ending = models.CharField(max_length=LONGEST_ENDING, db_collation="C")

    class Meta:
        db_table = "cases_answerer"
        constraints = (models.UniqueConstraint(fields=["case", "ending"], name="answerer_once_per_case"),)
        indexes = (models.Index(fields=["ending", "org_path"], name="answerer_ending"),)

    def __str__(self) -> str:
        return self.ending


class Tally(models.Model):
    """A change in the number of cases of one organisation in one bucket; a job folds rows together.

    Filled by a statement trigger on cases_case, so that no page ever counts cases.
    """

    org_path = PathField()
    kind = models.CharField(max_length=20)
    state = models.CharField(max_length=15)
    proof = models.CharField(max_length=15)
    claim = models.CharField(max_length=10)
    number = models.IntegerField()

    class Meta:
        db_table = "cases_tally"
        indexes = (models.Index(fields=["org_path", "kind", "state", "proof", "claim"], name="tally_bucket"),)

    def __str__(self) -> str:
        return f"{self.org_path} {self.kind} {self.state} {self.number:+d}"
