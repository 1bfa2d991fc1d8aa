"""The judge: plays a world without looking at its answers and says what the desk concluded about every host."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db.models import Exists, OuterRef

from vonggac.cases.models import Case, Finding, Kind
from vonggac.cases.rules import Claim, Proof
from vonggac.exercise.playing import Playing, Progress
from vonggac.exercise.world import Warn, World, read_world
from vonggac.ledger.models import Entry
from vonggac.regimes import regime

VERDICTS = ("proven", "contradicted", "not_observable", "open")
NOBODY_CLAIMED = "claim: nobody has claimed the host clean"
NOT_OURS = "claim: its owner says that the host is not theirs; nothing but the claim to be clean can be proven"

# What a world holds is all that will ever come: no log is waited for beyond the watch.
_FINAL = {"log_grace_hours": 0}


@dataclass(frozen=True, slots=True)
class HostVerdict:
    """What the desk concluded about one host at the moment of judgement."""

    name: str
    claimed: bool
    verdict: str
    missing: tuple[str, ...]
    reason: str = ""
    reversed_from: str = ""

    def to_json(self) -> dict[str, Any]:
        """The host as `exercise judge --json` prints it."""
        told = {"name": self.name, "claimed": self.claimed, "verdict": self.verdict, "missing": list(self.missing)}
        told |= {"reason": self.reason} if self.reason else {}
        return told | ({"reversed_from": self.reversed_from} if self.reversed_from else {})


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdicts on all hosts of a world, by name."""

    world: str
    now_utc: datetime
    hosts: tuple[HostVerdict, ...]
    warnings: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The whole answer of `exercise judge --json`."""
        counted = Counter(host.verdict for host in self.hosts)
        return {
            "hosts": [host.to_json() for host in self.hosts],
            "summary": {
                "world": self.world,
                "now_utc": self.now_utc.isoformat().replace("+00:00", "Z"),
                "hosts": len(self.hosts),
                "claimed": sum(host.claimed for host in self.hosts),
                **{verdict: counted[verdict] for verdict in VERDICTS},
                "reversed": sum(bool(host.reversed_from) for host in self.hosts),
                "warnings": len(self.warnings),
            },
        }


def judge(folder: Path, *, warn: Warn, progress: Progress = lambda _: None) -> Judgement:
    """The judgement on a world folder, played on the desk that this process is set up for, which must be empty."""
    told: list[str] = []

    def tell(warning: str) -> None:
        told.append(warning)
        warn(warning)

    world = read_world(folder, tell)
    with regime.adjusted({**_FINAL, **world.limits}):
        playing = Playing(world, tell, progress)
        playing.play()
        with playing.step():
            hosts = tuple(_hosts(world))
    return Judgement(world.name, world.now_utc, hosts, tuple(told))


def _hosts(world: World) -> list[HostVerdict]:
    """The hosts that have a case; an address whose findings all went to hosts behind it has none any more."""
    found = Case.objects.filter(Exists(Finding.objects.filter(case=OuterRef("pk"))), kind=Kind.BOTNET_HOST)
    claimed = {claim.host for claim in world.claims if claim.claim == "clean" and claim.at <= world.now_utc}
    turned = _reversals()
    return [_host(case, case.subject in claimed, turned.get(case.pk, "")) for case in found.order_by("subject", "pk")]


def _reversals() -> dict[int, str]:
    """Case → the firm verdict that its last reversal turned."""
    entries = Entry.objects.filter(act="case.verdict").order_by("id").values_list("subject_id", "detail")
    return {case_id: detail["reversed_from"] for case_id, detail in entries if detail.get("reversed_from")}


def _host(case: Case, is_claimed: bool, reversed_from: str) -> HostVerdict:
    verdict = "open" if case.proof in {Proof.NONE, Proof.WATCHING} or case.claim != Claim.DONE else str(case.proof)
    missing = tuple(item["text"] for item in case.missing)
    if verdict == "open" and not missing:
        missing = (_what_is_awaited(case),)
    return HostVerdict(case.subject, is_claimed, verdict, missing, case.proof_reason, reversed_from)


def _what_is_awaited(case: Case) -> str:
    if case.claim == Claim.NOT_OURS:
        return NOT_OURS
    return NOBODY_CLAIMED if case.claim == Claim.NONE else f"time: {case.proof_reason or 'the watch still runs'}"
