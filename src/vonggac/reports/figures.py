"""The figures of a directive's result, as values: every number carries the place where its rows stand."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from vonggac.cases.rules import Claim


@dataclass(frozen=True, slots=True)
class Figure:
    """A count and its `source`: the path in the desk that lists exactly the rows counted."""

    value: int
    source: str


@dataclass(frozen=True, slots=True)
class DirectiveReference:
    """How the directive is cited; `number` is number and symbol together, None where the paper does not tell."""

    kind: str
    number: str | None
    dated: date | None
    issuer: str
    subject: str


class Proof(StrEnum):
    """What observation says about one obligation."""

    PROVEN = "proven"
    CONTRADICTED = "contradicted"
    NOT_OBSERVABLE = "not_observable"
    OPEN = "open"
    NO_RULE = "no_rule"


class Standing(StrEnum):
    """Where one listed host stands; each is in exactly one of these (`reports.standings`)."""

    PROVEN = "proven"
    CONTRADICTED = "contradicted"
    NOT_OBSERVABLE = "not_observable"
    WATCHED = "watched"  # claimed, and observation has not come to its answer
    CLOSED_CLAIMED = "closed_claimed"  # by a person, before observation came to its answer
    UNANSWERED = "unanswered"
    NOT_OURS = "not_ours"
    CANNOT = "cannot"
    CLOSED = "closed"  # by a person, without a claim that it is clean


# The standings of the hosts that their owners say are clean.
CLAIMED = frozenset(
    {Standing.PROVEN, Standing.CONTRADICTED, Standing.NOT_OBSERVABLE, Standing.WATCHED, Standing.CLOSED_CLAIMED}
)
STANDINGS = {
    Standing.PROVEN: "đã được chứng minh sạch",
    Standing.CONTRADICTED: "kiểm chứng ngược với báo cáo",
    Standing.NOT_OBSERVABLE: "không quan sát được do thiếu căn cứ kiểm chứng",
    Standing.WATCHED: "đang theo dõi, chờ kiểm chứng",
    Standing.CLOSED_CLAIMED: "đã đóng hồ sơ khi chưa có kết quả kiểm chứng",
    Standing.UNANSWERED: "chưa trả lời",
    Standing.NOT_OURS: "trả lời không phải máy của đơn vị, chờ xác định",
    Standing.CANNOT: "trả lời không xử lý được",
    Standing.CLOSED: "đã đóng hồ sơ, không có báo cáo xử lý",
}


@dataclass(frozen=True, slots=True)
class ClauseFigures:
    """One clause over all organisations bound by it; without a proof rule only the claims count.

    Each is in exactly one of `claimed`, `cannot_comply`, `disputed` and `silent`; `watched` claimed and have no verdict
    yet. The last three are None in figures frozen before these were counted.
    """

    label: str
    heading: str
    bound: Figure
    claimed: Figure
    proven: Figure
    contradicted: Figure
    not_observable: Figure
    late: Figure
    cannot_comply: Figure
    has_proof_rule: bool = True
    is_about_hosts: bool = False
    watched: Figure | None = None
    disputed: Figure | None = None
    silent: Figure | None = None

    def __post_init__(self) -> None:
        if self.disputed is None or self.silent is None:
            return
        answers = (self.claimed, self.cannot_comply, self.disputed, self.silent)
        if sum(figure.value for figure in answers) != self.bound.value:
            raise ValueError(f"the answers to clause {self.label} do not add up to those bound by it")

    def named(self) -> Iterator[tuple[str, Figure]]:
        """Each figure with its Vietnamese name, in the order of the report."""
        yield "được giao thực hiện", self.bound
        yield "báo cáo đã thực hiện", self.claimed
        yield "báo cáo không thực hiện được", self.cannot_comply
        if self.disputed:
            yield "đơn vị khiếu nại", self.disputed
        if self.silent:
            yield "đơn vị chưa báo cáo", self.silent
        if self.has_proof_rule:
            yield "đã được chứng minh", self.proven
            yield "kiểm chứng ngược với báo cáo", self.contradicted
            yield "không quan sát được", self.not_observable
            if self.watched:
                yield "chưa có kết quả kiểm chứng", self.watched
        yield "quá hạn", self.late


@dataclass(frozen=True, slots=True)
class MissingLog:
    """A log without which hosts could not be observed, and how many hosts; `name` is what the paper calls it."""

    name: str
    hosts: Figure
    kind: str = ""
    sensor: str = ""


@dataclass(frozen=True, slots=True)
class HostCount:
    """The hosts of one standing, and those of them whose due time has passed without a final answer."""

    standing: Standing
    hosts: Figure
    late: Figure


@dataclass(frozen=True, slots=True)
class HostRow:
    """One host as the inspector's annex lists it: whose it is, the number of its case, and where it stands."""

    unit: str
    case: int
    host: str
    standing: Standing
    is_late: bool


@dataclass(frozen=True, slots=True)
class PreviousHosts:
    """What the report issued before said of the hosts, and how many cases were opened since.

    `name` cites it, as `Báo cáo số 05/BC-UBND`; `total` leads to it.
    """

    name: str
    counted_at: datetime
    total: Figure
    opened: Figure


@dataclass(frozen=True, slots=True)
class HostFigures:
    """The hosts of the botnet lists: handled by their owners' word, what traffic showed, and where each one stands.

    `standings` part all hosts: each is in exactly one. They are empty, and `late` is None, in figures frozen before
    there were any.
    """

    total: Figure
    handled: Figure
    proven: Figure
    contradicted: Figure
    not_observable: Figure
    missing_logs: tuple[MissingLog, ...] = ()
    standings: tuple[HostCount, ...] = ()
    late: Figure | None = None
    previous: PreviousHosts | None = None
    rows: tuple[HostRow, ...] = ()
    """The first of the hosts by unit; none in figures frozen before they were kept."""

    def __post_init__(self) -> None:
        if not self.standings:
            return
        found = {count.standing: count.hosts for count in self.standings}
        claimed = sum(count.hosts.value for count in self.standings if count.standing in CLAIMED)
        if len(self.standings) != len(Standing) or found.keys() != set(Standing):
            raise ValueError("every standing is counted once")
        if sum(figure.value for figure in found.values()) != self.total.value or claimed != self.handled.value:
            raise ValueError("the standings of hosts do not add up to their total")
        if any(found[Standing(name)] != getattr(self, name) for name in ("proven", "contradicted", "not_observable")):
            raise ValueError("a standing is counted twice, with another result")
        if self.late is None or sum(count.late.value for count in self.standings) != self.late.value:
            raise ValueError("the late hosts of the standings do not add up to all late hosts")

    def group(self, *, is_claimed: bool) -> tuple[HostCount, ...]:
        """The standings of the hosts that their owners say are clean, or of all others: both make up the total."""
        return tuple(count for count in self.standings if (count.standing in CLAIMED) is is_claimed)

    def named(self) -> Iterator[tuple[str, Figure]]:
        """Each figure with its Vietnamese name, in the order of the report."""
        yield "tổng số máy", self.total
        if self.previous:
            yield f"tổng số máy theo {self.previous.name}", self.previous.total
            yield f"máy mới sau {self.previous.name}", self.previous.opened
        yield "số máy đã xử lý theo báo cáo", self.handled
        if not self.standings:
            yield "đã được chứng minh sạch", self.proven
            yield "kiểm chứng ngược với báo cáo", self.contradicted
            yield "không quan sát được", self.not_observable
        for count in self.standings:
            yield STANDINGS[count.standing], count.hosts
            yield f"{STANDINGS[count.standing]}, trong đó quá hạn", count.late
        if self.late:
            yield "tổng số máy quá hạn", self.late
        for log in self.missing_logs:
            yield f"thiếu {log.name}", log.hosts


@dataclass(frozen=True, slots=True)
class PostLane:
    """One post over the directive's period: its stretches as (present, planned, hole or idle; minutes), joined."""

    name: str
    is_recorded: bool
    pieces: tuple[tuple[str, int], ...]

    def minutes(self, *states: str) -> int:
        """How many minutes are in one of these states."""
        return sum(length for state, length in self.pieces if state in states)


@dataclass(frozen=True, slots=True)
class WatchHole:
    """One time in which a post lacked somebody: what lacked, in the words of the report."""

    post: str
    from_utc: datetime
    to_utc: datetime
    lack: str


@dataclass(frozen=True, slots=True)
class WatchFigures:
    """The watch of an office and all below it through a directive's period, as far as it had passed when counted.

    `posts_left_out` have no room on paper; `short_left_out` of them have holes.
    """

    from_utc: datetime
    to_utc: datetime
    posts: Figure
    holes_total: Figure
    lanes: tuple[PostLane, ...]
    holes: tuple[WatchHole, ...]
    needed_minutes: int
    present_minutes: int
    planned_minutes: int
    hole_minutes: int
    posts_left_out: int = 0
    short_left_out: int = 0


@dataclass(frozen=True, slots=True)
class PriorityAnswers:
    """How findings of one priority were answered; `worst` and `median` are None where nothing was."""

    priority: int
    acknowledged: Figure
    acknowledged_late: Figure
    median_acknowledged_seconds: int | None
    worst_acknowledged_seconds: int | None
    handled: Figure
    handled_late: Figure
    median_handled_seconds: int | None
    worst_handled_seconds: int | None
    waiting_late: Figure

    def named(self) -> Iterator[tuple[str, Figure]]:
        """Each figure with its Vietnamese name, in the order of the report."""
        yield "đã tiếp nhận", self.acknowledged
        yield "tiếp nhận trễ", self.acknowledged_late
        yield "đã xử lý", self.handled
        yield "xử lý trễ", self.handled_late
        yield "chưa tiếp nhận, quá thời hạn", self.waiting_late


@dataclass(frozen=True, slots=True)
class NoticeFigures:
    """The notices of coordinators that were received in the period, and how they were answered by its end."""

    received: Figure
    acknowledged: Figure
    acknowledged_late: Figure
    answered: Figure
    closed: Figure
    waiting_late: Figure

    def named(self) -> Iterator[tuple[str, Figure]]:
        """Each figure with its Vietnamese name, in the order of the report."""
        yield "đã nhận", self.received
        yield "đã xác nhận tiếp nhận", self.acknowledged
        yield "xác nhận trễ", self.acknowledged_late
        yield "đã trả lời kết quả", self.answered
        yield "bên gửi đã đóng", self.closed
        yield "chưa xác nhận, quá thời hạn", self.waiting_late


@dataclass(frozen=True, slots=True)
class AlertFigures:
    """The answers to alerts through a directive's period, as far as it had passed when counted, by priority."""

    from_utc: datetime
    to_utc: datetime
    priorities: tuple[PriorityAnswers, ...]
    notices: NoticeFigures | None = None


@dataclass(frozen=True, slots=True)
class ClauseResult:
    """One organisation's answer to one clause; `source` is the path of its obligation.

    `claim` is None in figures frozen before the annex told the answers apart that claim nothing done.
    """

    is_claimed: bool
    proof: Proof
    is_late: bool
    source: str
    claim: Claim | None = None

    def __post_init__(self) -> None:
        if self.claim is not None and self.is_claimed is not (self.claim is Claim.DONE):
            raise ValueError("an answer claims it done and says otherwise")


@dataclass(frozen=True, slots=True)
class OrganisationRow:
    """One organisation: a result for each clause of the report in order, None where the clause does not bind it."""

    name: str
    results: tuple[ClauseResult | None, ...]


@dataclass(frozen=True, slots=True)
class DirectiveFigures:
    """All that a result report of one directive says; `difficulties` and `proposals` are sentences by people.

    `counted_at` is the moment of the count (None: the day of the report); `units_left_out` tells how many organisations
    stand in the figures and not in the annex, because there are too many of them for paper. `watch` is None where no
    clause asks for one, and a sentence where there is nothing to count of it.
    """

    directive: DirectiveReference
    clauses: tuple[ClauseFigures, ...]
    organisations: tuple[OrganisationRow, ...]
    hosts: HostFigures | None = None
    difficulties: tuple[str, ...] = ()
    proposals: tuple[str, ...] = ()
    counted_at: datetime | None = None
    units_left_out: int = 0
    watch: WatchFigures | str | None = None
    alerts: AlertFigures | None = None

    def __post_init__(self) -> None:
        if any(len(row.results) != len(self.clauses) for row in self.organisations):
            raise ValueError("every organisation needs one result, or None, a clause")
