"""Pure decisions about alerts: what groups them, how urgent a finding is, when a source is silent."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from vonggac.errors import WrongState
from vonggac.formats.alerts import IncidentClass, Severity

# Alerts of one source, rule and subject that follow one another within this time are one finding.
WINDOW = timedelta(hours=24)
NO_SUBJECT = "?"
# What the desk tells itself; a silence stands in reports, so no sender's rule may be called like one.
OWN_RULES = "vonggac:"
SILENCE_RULE = "vonggac:silent-source"
CLOCK_RULE = "vonggac:clock-ahead"
# Who handles a finding that no person had to see.
BY_ITSELF = "Vọng Gác"
VOLUME_UP, VOLUME_DOWN = "vonggac:far-more", "vonggac:far-less"
# What a call about a finding, or about a notice, says it is about.
FINDING, NOTICE = "finding", "notice"
_SEVERITIES = tuple(Severity)
RANK = {severity: rank for rank, severity in enumerate(_SEVERITIES)}
# The reasons by which malicious code is verified: what one voice says alone says less.
LISTED, TOLD_ELSEWHERE = "máy cũng có trong danh sách mạng botnet", "nguồn khác cũng báo mã độc trên máy này"
VERIFYING = frozenset({LISTED, TOLD_ELSEWHERE})
# A source whose rhythm nobody declared is silent after three times its longest pause of late, at least five minutes.
LEARNT_PAUSES = 20
LEAST_LEARNT = 5
PATIENCE = 3
LEAST_QUIET = timedelta(minutes=5)


class State(StrEnum):
    """Where a finding stands with the people who look through the inbox."""

    NEW = "new"
    ACKNOWLEDGED = "acknowledged"
    CASE = "case"
    MERGED = "merged"
    FALSE = "false"
    SUPPRESSED = "suppressed"


WAITING = frozenset({State.NEW, State.ACKNOWLEDGED})


class Standing(StrEnum):
    """Where a notice stands with the coordinator that sent it."""

    RECEIVED = "received"
    ACKNOWLEDGED = "acknowledged"
    ANSWERED = "answered"
    CLOSED = "closed"
    REOPENED = "reopened"  # closed once, and open again: what was said before neither acknowledges nor answers that


class Told(StrEnum):
    """What is said to a coordinator about its notice; a closure is what it said itself."""

    ACKNOWLEDGEMENT = "acknowledgement"
    ANSWER = "answer"
    CLOSURE = "closure"


class Way(StrEnum):
    """How it was said."""

    MAIL = "mail"
    PAPER = "paper"
    PHONE = "phone"
    PORTAL = "portal"
    HTTP = "http"


class Move(StrEnum):
    """What a person does with a finding."""

    ACKNOWLEDGE = "acknowledge"
    MERGE = "merge"
    OPEN_CASE = "open_case"
    MARK_FALSE = "mark_false"
    REOPEN = "reopen"


MOVES: dict[Move, tuple[frozenset[State], State]] = {
    Move.ACKNOWLEDGE: (frozenset({State.NEW}), State.ACKNOWLEDGED),
    Move.MERGE: (WAITING, State.MERGED),
    Move.OPEN_CASE: (WAITING, State.CASE),
    Move.MARK_FALSE: (WAITING, State.FALSE),
    Move.REOPEN: (frozenset(State) - {State.NEW, State.CASE}, State.NEW),
}


def after(state: str, move: Move) -> State:
    """The state that a move leads to; WrongState when the finding is not in a state that allows it."""
    allowed, target = MOVES[move]
    if state not in allowed:
        raise WrongState(f"a finding that is “{state}” cannot {move.value}; somebody else was faster")
    return target


def rule_named(name: str) -> str:
    """The name of a sender's rule, a long one by its begin and digest."""
    name = f"told:{name}" if name.startswith(OWN_RULES) else name
    return name if len(name) <= 200 else f"{name[:150]}…{hashlib.sha256(name.encode()).hexdigest()[:16]}"


def unnamed(identifier: str) -> str:
    """The subject of a notice that names no machine: two of them are not about one."""
    return identifier[:100]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the desk knows about a finding's subject and group when its priority is decided."""

    severity: Severity
    incident_class: IncidentClass | str | None
    count: int = 1
    asset_level: int = 0
    is_server: bool = False
    is_botnet_listed: bool = False
    is_told_elsewhere: bool = False
    """Another source tells of malicious code on it too. The reason names none: not every reader may know it."""


def priority(facts: Facts) -> tuple[int, str]:
    """The priority (1 is most urgent) and the one sentence that says why; the first line that holds decides."""
    is_malware = facts.incident_class == IncidentClass.MALICIOUS_CODE
    is_high = RANK[facts.severity] >= RANK[Severity.HIGH]
    reasons = (
        (facts.is_botnet_listed, 1, LISTED),
        (facts.is_told_elsewhere and (is_malware or is_high), 1, TOLD_ELSEWHERE),
        (is_high and facts.asset_level >= 3, 1, f"mức cao, thuộc hệ thống thông tin cấp độ {facts.asset_level}"),
        (RANK[facts.severity] >= RANK[Severity.CRITICAL], 1, "nguồn đánh giá mức nghiêm trọng"),
        (is_malware and facts.is_server, 1, "mã độc trên máy chủ"),
        (is_malware, 2, "nguồn báo mã độc"),
        (is_high, 2, "nguồn đánh giá mức cao"),
        (facts.severity == Severity.MEDIUM and facts.count >= 100, 2, f"mức trung bình, lặp lại {facts.count} lần"),
        (facts.severity == Severity.MEDIUM, 3, "nguồn đánh giá mức trung bình"),
        (facts.count >= 1_000, 3, f"mức thấp, nhưng lặp lại {facts.count} lần"),
        (facts.severity == Severity.UNKNOWN, 3, "nguồn không cho biết mức độ"),
        (True, 4, "nguồn đánh giá mức thấp"),
    )
    return next((number, reason) for holds, number, reason in reasons if holds)


def is_verified_malware(facts: Facts) -> bool:
    """True when malicious code on the machine is told by more than one voice: a second source, or a botnet list."""
    is_malware = facts.incident_class == IncidentClass.MALICIOUS_CODE
    return is_malware and (facts.is_botnet_listed or facts.is_told_elsewhere)


def quiet_after(expected_seconds: int | None, pauses: Sequence[float]) -> timedelta | None:
    """How long a source may be quiet before it is silent; None while nobody declared it and too little was seen."""
    if expected_seconds is not None:
        return timedelta(seconds=expected_seconds)
    if len(pauses) < LEAST_LEARNT:
        return None
    return max(timedelta(seconds=PATIENCE * max(pauses)), LEAST_QUIET)


def with_pause(pauses: Sequence[float], before: datetime | None, at: datetime) -> list[float]:
    """The pauses of late with the one that ended now; arrivals of the same second are one."""
    pause = (at - before).total_seconds() if before else 0.0
    return [*pauses, round(pause, 1)][-LEARNT_PAUSES:] if pause >= 1 else list(pauses)
