"""Whether a host that was claimed clean was watched and stayed silent: a pure function of the evidence.

Dispatch 1465, 1c, and docs/reference/exercise-format.md, “Verdicts”; docs/explanation/proof.md says why it is sound.
Times are int64 microseconds since 1970 UTC, intervals half open, span sets those of `kernel.intervals`.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address

from vonggac.cases.proof import Contact, Gap, Missing, Verdict, VerdictState
from vonggac.flows.proof.host_evidence import (
    Address,
    Coverage,
    Holding,
    HostEvidence,
    LaterList,
    Network,
    Placement,
    Sighting,
)
from vonggac.kernel import intervals
from vonggac.kernel.intervals import DAY, SECOND, Spans

MISSING_NAMED = 20
C2_NAMED = 3
PLACES_NAMED = 5
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST_US = -62_135_596_800 * SECOND
_LATEST_US = 253_402_300_799 * SECOND


def judge(evidence: HostEvidence) -> Verdict:
    """The verdict on one host. O(intervals of its coverage + sightings)."""
    claimed_us = evidence.claimed_us
    if claimed_us is None or claimed_us > evidence.now_us:
        return Verdict(VerdictState.OPEN, ("nobody has claimed the host clean",))
    end_us = claimed_us + evidence.clean_days * DAY
    watched_to_us = max(claimed_us, min(end_us, evidence.now_us))
    seen = dict(_gaps_by_kind(evidence, claimed_us, watched_to_us, trusts_awaited=False))
    gaps = tuple(
        Gap(kind, moment(start), moment(end)) for kind, found in seen.items() for start, end in intervals.pairs(found)
    )

    def verdict(
        state: VerdictState, *reasons: str, missing: tuple[Missing, ...] = (), contacts: tuple[Contact, ...] = ()
    ) -> Verdict:
        period = moment(claimed_us), moment(watched_to_us)
        return Verdict(state, reasons, missing, gaps, contacts, *period, evidence.needed_kinds)

    reasons, contacts = _against(evidence, claimed_us)
    if reasons:
        return verdict(VerdictState.CONTRADICTED, *reasons, contacts=contacts)
    missing = (*_missing_c2(evidence), *_missing_placement(evidence, claimed_us))
    # While the watch runs, a log that is not due yet is no gap; once its time has passed, it is.
    is_over = evidence.now_us >= end_us
    due = seen if is_over else dict(_gaps_by_kind(evidence, claimed_us, watched_to_us, trusts_awaited=True))
    if intervals.length(intervals.union(intervals.nothing(), *due.values())) > evidence.gap_seconds * SECOND:
        missing += _missing_logs(evidence, due)
    if missing:
        unplaced = tuple(_contact(s, claimed_us) for s in _after(evidence, claimed_us))
        return verdict(
            VerdictState.NOT_OBSERVABLE, *(str(item) for item in missing), missing=missing, contacts=unplaced
        )
    if evidence.now_us < end_us:
        return verdict(VerdictState.OPEN, f"the watch runs until {moment(end_us):%Y-%m-%d %H:%M:%S} UTC")
    awaited = _awaited_lists(evidence, claimed_us)
    if awaited:
        return verdict(VerdictState.OPEN, *(item.reason for item in awaited), missing=awaited)
    return verdict(VerdictState.PROVEN, f"watched for {evidence.clean_days} days without a contact")


def moment(time_us: int) -> datetime:
    """The datetime of a time in microseconds; open ends become the first and last that a datetime can say."""
    return _EPOCH + timedelta(microseconds=min(max(time_us, _EARLIEST_US), _LATEST_US))


def _after(evidence: HostEvidence, claimed_us: int) -> Iterator[Sighting]:
    """The sightings that reach into the time after the claim: a flow that was still alive then counts."""
    return (s for s in evidence.sightings if max(s.at_us, s.end_us) >= claimed_us)


def _against(evidence: HostEvidence, claimed_us: int) -> tuple[tuple[str, ...], tuple[Contact, ...]]:
    """What contradicts the claim: contacts that were surely this host's, and later lists that saw it."""
    ours = sorted(
        (s for s in _after(evidence, claimed_us) if s.placement is Placement.OURS), key=lambda s: (s.at_us, s.sensor)
    )
    contacts = tuple(_contact(s, claimed_us) for s in ours)
    reasons = tuple(
        f"{c.address} contacted {c.peer} at {c.at_utc:%Y-%m-%d %H:%M:%S} UTC, seen by {c.sensor}" for c in contacts[:1]
    )
    listed = tuple(
        f"the list {item.name} saw the host at {moment(item.last_seen_us):%Y-%m-%d %H:%M:%S} UTC"
        for item in _later(evidence, claimed_us)
        if item.carries and item.last_seen_us is not None and item.last_seen_us >= claimed_us
    )
    return reasons + listed, contacts


def _contact(sighting: Sighting, claimed_us: int) -> Contact:
    at_utc = moment(max(sighting.at_us, claimed_us))
    return Contact(at_utc, sighting.kind, sighting.sensor, sighting.address, sighting.peer)


def _later(evidence: HostEvidence, claimed_us: int) -> list[LaterList]:
    """The lists that came after the claim, in their order."""
    later = [item for item in evidence.lists if claimed_us < item.received_us <= evidence.now_us]
    return sorted(later, key=lambda item: item.received_us)


def _awaited_lists(evidence: HostEvidence, claimed_us: int) -> tuple[Missing, ...]:
    """For each sender whose newest list after the claim is absent or still carries the host: that list."""
    missing = []
    for sender in sorted(evidence.senders):
        later = [item for item in _later(evidence, claimed_us) if item.sender == sender]
        if not later:
            missing.append(Missing("list", f"the next list of {sender} has not come"))
        elif later[-1].carries:
            missing.append(Missing("list", f"the list {later[-1].name} of {sender} still carries the host"))
        else:
            damaged = [item for item in later if item.may_carry]
            missing += [
                Missing("list", f"a row of the list {item.name} of {sender} cannot be read and may be the host")
                for item in damaged[:1]
            ]
    if not evidence.senders:
        missing.append(Missing("list", "no sender's next list is known"))
    return tuple(missing)


def _missing_c2(evidence: HostEvidence) -> Iterator[Missing]:
    if not evidence.needed_kinds:
        yield Missing("c2", "the lists name no C2 address and no C2 name, so there is nothing to watch for")
    for text in evidence.c2_unread[:C2_NAMED]:
        yield Missing("c2", f"the lists name a C2 that cannot be read: {text}")


def _missing_placement(evidence: HostEvidence, claimed_us: int) -> Iterator[Missing]:
    """What would tell whose the contacts were that may have been this host's; each log and address once."""
    found: dict[tuple[str, str], Sighting] = {}
    for sighting in _after(evidence, claimed_us):
        if sighting.placement is not Placement.OURS:
            kind = "nat" if sighting.placement is Placement.NEEDS_NAT else "dhcp"
            found.setdefault((kind, sighting.address), sighting)
    for (kind, address), sighting in sorted(found.items()):
        sensor = next((c.sensor for c in evidence.coverage if c.kind == kind and _sees_text(c, address)), None)
        at = moment(max(sighting.at_us, claimed_us))
        reason = f"which host contacted {sighting.peer} through {address} is not known"
        yield Missing(kind, reason, sensor, address, at, moment(max(sighting.end_us, claimed_us)))
    yield from _missing_records(evidence, claimed_us)


def _missing_records(evidence: HostEvidence, claimed_us: int) -> Iterator[Missing]:
    """For each sensor the files, and the lines in them, that hold what could not be read; each once."""
    found: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for doubt in evidence.doubts:
        if doubt.at_us is None or doubt.at_us >= claimed_us:
            place = doubt.file if doubt.line is None else f"{doubt.file} line {doubt.line}"
            found[doubt.kind, doubt.sensor][place] = None
    for (kind, sensor), places in found.items():
        named = ", ".join(list(places)[:PLACES_NAMED])
        more = f" and {len(places) - PLACES_NAMED} more" if len(places) > PLACES_NAMED else ""
        yield Missing(kind, f"a record that may be a contact cannot be read in {named}{more}", sensor)


def _sees_text(coverage: Coverage, address: str) -> bool:
    return any(address_is_in(address, network) for network in coverage.networks)


def address_is_in(address: str, network: Network) -> bool:
    """True when the text is an address of the network."""
    try:
        parsed: Address = IPv4Address(address) if network.version == 4 else IPv6Address(address)
    except ValueError:
        return False
    return parsed in network


def _gaps_by_kind(evidence: HostEvidence, start: int, end: int, *, trusts_awaited: bool) -> Iterator[tuple[str, Spans]]:
    """(kind, times from start to end in which some address of the host was not watched, or none was known)."""
    held = intervals.spans(*((h.from_us, h.to_us) for h in evidence.holdings))
    for kind in evidence.needed_kinds:
        unwatched = [
            intervals.difference(
                intervals.spans((h.from_us, h.to_us)), _watched(evidence, kind, h, trusts_awaited=trusts_awaited)
            )
            for h in evidence.holdings
        ]
        bad = intervals.union(intervals.complement(held), *unwatched)
        yield kind, intervals.clip(bad, start, end)


def _watched(evidence: HostEvidence, kind: str, holding: Holding, *, trusts_awaited: bool) -> Spans:
    """When the holding's address was watched: itself, or every public address that it can go out through."""

    def by(block: Network | Address) -> Spans:
        parts = [c.spans for c in evidence.coverage if c.kind == kind and c.sees(block)]
        if trusts_awaited:
            parts += [c.awaited for c in evidence.coverage if c.kind == kind and c.sees(block)]
        return intervals.union(intervals.nothing(), *parts)

    direct = by(holding.address)
    if not holding.publics:
        return direct
    outside = intervals.intersection(*(by(block) for block in holding.publics))
    strays = [
        intervals.difference(intervals.spans((e.from_us, e.to_us)), by(e.public))
        for e in evidence.egresses
        if e.inner == holding.address
    ]
    return intervals.union(direct, intervals.difference(outside, *strays))


def _missing_logs(evidence: HostEvidence, gaps: dict[str, Spans]) -> tuple[Missing, ...]:
    """The logs that the longest gaps lack, by sensor and address, the longest first."""
    found: dict[tuple[str, str | None, str | None, str], tuple[int, int]] = {}
    for kind, part in gaps.items():
        for start, end in sorted(intervals.pairs(part), key=lambda pair: pair[0] - pair[1]):
            for key in _blame(evidence, kind, start, end):
                first, last = found.get(key, (start, end))
                found[key] = min(first, start), max(last, end)
            if len(found) >= MISSING_NAMED:
                break
    return tuple(
        Missing(kind, reason, sensor, subject, moment(start), moment(end))
        for (kind, sensor, subject, reason), (start, end) in found.items()
    )


def _blame(
    evidence: HostEvidence, kind: str, start: int, end: int
) -> Iterator[tuple[str, str | None, str | None, str]]:
    """(kind of log, sensor, subject, reason) for each thing that should have covered the gap."""
    held = [h for h in evidence.holdings if h.from_us < end and start < h.to_us]
    known = intervals.spans(*((h.from_us, h.to_us) for h in held))
    if not intervals.is_within(known, start, end):
        reason = "the host's address is not known, there is neither a register line nor a DHCP record"
        yield "dhcp", None, evidence.host, reason
    for holding in held:
        low, high = max(start, holding.from_us), min(end, holding.to_us)
        if intervals.is_within(_watched(evidence, kind, holding, trusts_awaited=False), low, high):
            continue
        blocks: tuple[Network | Address, ...] = (holding.address, *holding.publics)
        seeing = [c for c in evidence.coverage if c.kind == kind and any(c.sees(block) for block in blocks)]
        for coverage in seeing:
            if not intervals.is_within(coverage.spans, low, high):
                yield kind, coverage.sensor, str(holding.address), "silent, or its log has not come whole"
        if not seeing:
            yield kind, None, str(holding.address), "no declared sensor sees the address"
        elif all(intervals.is_within(c.spans, low, high) for c in seeing):
            yield kind, None, str(holding.address), "no declared sensor sees every address that it goes out through"
