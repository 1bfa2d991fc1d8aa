"""What the interface takes and gives; times are UTC."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from ninja import Schema
from pydantic import Field

from vonggac.botnet.models import Settling, Unread
from vonggac.botnet.services.settling import Reach
from vonggac.cases.models import Case, Evidence
from vonggac.cases.rules import State
from vonggac.directives.models import Directive
from vonggac.flows.acknowledgement import Word
from vonggac.register.models import TakenBackLog

# PostgreSQL's text holds no NUL, its bigint no more than 63 bits.
Text = Annotated[str, Field(min_length=1, max_length=4_000, pattern=r"^[^\x00]*[^\s\x00][^\x00]*$")]
Cursor = Annotated[str, Field(max_length=300, pattern=r"^[^\x00]*$")]
Identifier = Annotated[int, Field(ge=1, le=2**63 - 1)]
PageRows = Annotated[int, Field(ge=1, le=500)]


class CaseQuery(Schema):
    """Which cases, and from where on; without a state the unfinished ones."""

    after: Cursor = ""
    rows: PageRows = 50
    state: State | None = None


class TextCursor(Schema):
    """From where on, by the `next` of the page before."""

    after: Cursor = ""
    rows: PageRows = 100


class Upwards(Schema):
    """Larger identifiers than `after`."""

    after: Identifier | None = None
    rows: PageRows = 100


class Downwards(Schema):
    """Smaller identifiers than `before`."""

    before: Identifier | None = None
    rows: PageRows = 50


class Health(Schema):
    """Whether the desk answers."""

    sound: bool
    reasons: list[str]


class CaseOut(Schema):
    """A case: the work, what its owner says, and what observation shows."""

    id: int
    kind: str
    organisation: str
    subject: str
    title: str
    state: str
    priority: int
    priority_reason: str
    due_at: datetime | None
    opened_at: datetime
    acknowledged_at: datetime | None
    closed_at: datetime | None
    closing: str
    claim: str
    claim_text: str
    claimed_at: datetime | None
    claimed_by: str
    claimed_via: str
    proof: str
    proof_at: datetime | None
    proof_reason: str
    missing: list[dict[str, Any]]

    @classmethod
    def of(cls, case: Case) -> "CaseOut":
        """The case as it stands now."""
        taken = {name: getattr(case, name) for name in cls.model_fields if name not in {"id", "organisation"}}
        return cls(id=case.pk, organisation=case.organisation.code, **taken)


class CasePage(Schema):
    """Some cases by due time; `next` is the cursor of the page after it, null on the last one."""

    cases: list[CaseOut]
    next: str | None


class UnitsWord(Schema):
    """Who of the unit said this, and on which way; for a token of an office above the unit."""

    by: Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")] = ""
    via: Literal["phone", "paper", "mail", "chat"] = "phone"

    @property
    def word(self) -> Word | None:
        """The unit's word, None where nobody of it is named."""
        return Word(self.by, self.via) if self.by else None


class Answer(UnitsWord):
    """What the owner says."""

    text: Text


class EvidenceOut(Schema):
    """A file handed in for a case, by its SHA-256."""

    id: int
    name: str
    sha256: str
    size: int
    media_type: str
    added_at: datetime
    added_by: str

    @classmethod
    def of(cls, one: Evidence) -> Self:
        """The file as it is kept."""
        return cls(**{name: getattr(one, name) for name in cls.model_fields})


class ClauseOut(Schema):
    """One measure of a directive."""

    label: str
    heading: str
    text: str
    binds: list[str]
    rule: str
    due_at: datetime | None


class DirectiveOut(Schema):
    """A directive as entered, or as read and not confirmed yet (`state` draft)."""

    id: int
    state: str
    kind: str
    number: str
    symbol: str
    issuer: str
    issued_on: date | None
    subject: str
    organisation: str
    arrival_number: int | None
    arrived_on: date | None
    due_at: datetime | None
    clauses: list[ClauseOut]

    @classmethod
    def of(cls, directive: Directive) -> "DirectiveOut":
        """The directive with its clauses."""
        own = {name: getattr(directive, name) for name in cls.model_fields if name not in _DIRECTIVE_PARTS}
        clauses = [
            ClauseOut(**{name: getattr(clause, name) for name in ClauseOut.model_fields})
            for clause in directive.clauses.all()
        ]
        return cls(id=directive.pk, organisation=directive.organisation.code, clauses=clauses, **own)


_DIRECTIVE_PARTS = {"id", "organisation", "clauses"}


class DirectivePage(Schema):
    """Some directives, the newest first; `next` is the cursor of the page after it."""

    directives: list[DirectiveOut]
    next: int | None


class ListOut(Schema):
    """A botnet list and what became of it; `imported_at` is null while the worker is at it."""

    id: int
    sender: str
    file_name: str
    sha256: str
    received_at: datetime
    imported_at: datetime | None
    rows_read: int
    rows_rejected: int
    summary: dict[str, Any]
    rejects: list[dict[str, Any]]


class SettledOut(Schema):
    """What a person found to be meant; empty: nothing, for the reason given."""

    meant: list[str]
    reason: str
    by: str
    at: datetime

    @classmethod
    def of(cls, settling: Settling) -> "SettledOut":
        """The settling as it stands."""
        return cls(meant=settling.meant, reason=settling.reason, by=settling.settled_by, at=settling.settled_at)


class UnreadOut(Schema):
    """What a list says and nobody could read: a text in place of a C2, or a row whose address is none."""

    id: int
    kind: Literal["c2", "address"]
    line: int | None
    column: str
    text: str
    row: str
    rows: int
    settled: SettledOut | None

    @classmethod
    def of(cls, unread: Unread, settling: Settling | None) -> "UnreadOut":
        """It, and how it stands settled."""
        own = {name: getattr(unread, name) for name in cls.model_fields if name not in {"id", "settled"}}
        return cls(id=unread.pk, settled=SettledOut.of(settling) if settling else None, **own)


class UnreadPage(Schema):
    """Some of a list's unread things; `next` is the `after` of the page after it."""

    unread: list[UnreadOut]
    next: int | None


class MeaningIn(Schema):
    """What was meant; without any, `reason` says why nothing was."""

    meant: Annotated[tuple[Text, ...], Field(max_length=100)] = ()
    reason: Annotated[str, Field(max_length=1_000, pattern=r"^[^\x00]*$")] = ""
    reach: Reach = Reach.ALONE


class LogOut(Schema):
    """What became of a log file."""

    sensor: str
    kind: str
    rows: int
    rejects: int
    sha256: str
    unreadable: str
    known_before: bool


class LogFileIn(Schema):
    """A log file that came from a sensor, by its SHA-256."""

    sensor: Text
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class MistakenLogIn(LogFileIn):
    """A log file that was handed in by mistake, and why."""

    reason: Annotated[str, Field(max_length=300, pattern=r"^[^\x00]*$")]


class MistakenLogOut(Schema):
    """A log file that was handed in by mistake; `is_taken_back` is false once it was put back."""

    sensor: str
    sha256: str
    file: str
    reason: str
    by: str
    is_taken_back: bool

    @classmethod
    def of(cls, one: TakenBackLog) -> Self:
        """The file as the register keeps it."""
        return cls(
            sensor=one.sensor.name, sha256=one.sha256, file=one.file_name, reason=one.reason,
            by=one.put_back_by or one.taken_back_by, is_taken_back=one.put_back_at is None,
        )  # fmt: skip


class OrganisationOut(Schema):
    """A node of the tree."""

    code: str
    name: str
    kind: str
    parent: str | None
    valid_from: date | None
    valid_to: date | None


class OrganisationPage(Schema):
    """Some organisations in the order of the tree."""

    organisations: list[OrganisationOut]
    next: str | None


class NetworkOut(Schema):
    """A block and who answers for it."""

    id: int
    cidr: str
    organisation: str
    valid_from: date | None
    valid_to: date | None


class NetworkPage(Schema):
    """Some blocks."""

    networks: list[NetworkOut]
    next: int | None


class AssetOut(Schema):
    """A server, workstation or service."""

    id: int
    name: str
    kind: str
    organisation: str


class AssetPage(Schema):
    """Some assets."""

    assets: list[AssetOut]
    next: int | None


class EntryOut(Schema):
    """One entry of the ledger."""

    id: int
    recorded_at: datetime
    at: datetime
    actor: str
    organisation_path: str
    act: str
    subject_kind: str
    subject_id: int
    detail: dict[str, Any]


class EntryPage(Schema):
    """Some entries, the oldest first."""

    entries: list[EntryOut]
    next: int | None
