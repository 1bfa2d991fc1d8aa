"""Whether a host that was claimed clean was watched and stayed silent: a pure function of the evidence.

Dispatch 1465, 1c, and docs/reference/exercise-format.md, “Verdicts”; docs/explanation/proof.md says why it is sound.
Times are int64 microseconds since 1970 UTC, intervals half open, span sets those of `kernel.intervals`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
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
NOT_DELIVERED = "its log has not come yet and is waited for"
AWAITS_LOGS = "the watch is over and its logs have not all come yet"
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
    is_over = evidence.now_us >= end_us
    seen = dict(_gaps_by_kind(evidence, claimed_us, watched_to_us, _seen))
    # A log that is still on its way is no gap; once its time has passed, it is.
    expected = _expected_living if not is_over else _expected
    due_gaps = dict(_gaps_by_kind(evidence, claimed_us, watched_to_us, expected))
    gaps = tuple(_told(seen, seen if evidence.is_final else due_gaps))

    def verdict(
        state: VerdictState, *reasons: str, missing: tuple[Missing, ...] = (), contacts: tuple[Contact, ...] = ()
    ) -> Verdict:
        period = moment(claimed_us), moment(watched_to_us), moment(end_us)
        return Verdict(state, reasons, missing, gaps, contacts, *period, evidence.needed_kinds)

    reasons, contacts = _against(evidence, claimed_us)
    if reasons:
        return verdict(VerdictState.CONTRADICTED, *reasons, contacts=contacts)
    unplaced = [s for s in _after(evidence, claimed_us) if s.placement is not Placement.OURS]
    possible = tuple(_contact(s, claimed_us) for s in _after(evidence, claimed_us))
    due = [s for s in unplaced if not any(_awaited_for(evidence, s, is_over=is_over))]
    missing = (*_missing_c2(evidence), *_missing_placement(evidence, claimed_us, due))
    if _exceed(evidence, due_gaps):
        missing += _missing_logs(evidence, due_gaps, None if is_over else watched_to_us)
    if missing:
        return verdict(
            VerdictState.NOT_OBSERVABLE, *(str(item) for item in missing), missing=missing, contacts=possible
        )
    lacking = seen if _exceed(evidence, seen) else {}
    logs = () if evidence.is_final else _awaited_logs(evidence, lacking, unplaced, is_over=is_over)
    if not is_over:
        runs = f"the watch runs until {moment(end_us):%Y-%m-%d %H:%M:%S} UTC"
        return verdict(VerdictState.OPEN, runs, missing=logs, contacts=possible)
    # Proven is only what was watched: a log that is waited for, named or not, keeps the case open.
    unseen = bool(lacking or unplaced)
    if (awaited := (*logs, *_awaited_lists(evidence, claimed_us))) or unseen:
        reasons = (AWAITS_LOGS,) if unseen else tuple(item.reason for item in awaited)
        return verdict(VerdictState.OPEN, *reasons, missing=awaited, contacts=possible)
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


def _missing_placement(evidence: HostEvidence, claimed_us: int, unplaced: Sequence[Sighting]) -> Iterator[Missing]:
    """What would tell whose the contacts were that may have been this host's; each log and address once."""
    found: dict[tuple[str, str], Sighting] = {}
    for sighting in unplaced:
        found.setdefault((_telling(sighting), sighting.address), sighting)
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


def _telling(sighting: Sighting) -> str:
    """The kind of log that tells whose a contact was."""
    return "nat" if sighting.placement is Placement.NEEDS_NAT else "dhcp"


def _awaited_for(evidence: HostEvidence, sighting: Sighting, *, is_over: bool) -> Iterator[Coverage]:
    """The sensors whose log of the contact's time is still to come, and would tell whose it was."""
    for one in () if evidence.is_final else evidence.coverage:
        if one.kind == _telling(sighting) and _sees_text(one, sighting.address):
            to_come = _expected(one) if is_over else _expected_living(one)
            if intervals.touches(intervals.difference(to_come, one.spans), sighting.at_us, sighting.at_us + 1):
                yield one


def _awaited_logs(
    evidence: HostEvidence, gaps: dict[str, Spans], unplaced: Iterable[Sighting], *, is_over: bool
) -> tuple[Missing, ...]:
    """The logs that are on their way and without which nothing is proven, each sensor's once."""
    found = {one.sensor: one for sighting in unplaced for one in _awaited_for(evidence, sighting, is_over=is_over)}
    blocks: list[Network | Address] = [block for h in evidence.holdings for block in (h.address, *h.publics)]
    blocks += [egress.public for egress in evidence.egresses]
    lacking = [(one, gaps[one.kind]) for one in evidence.coverage if one.kind in gaps]
    nowhere = intervals.difference(intervals.union(intervals.nothing(), *gaps.values()), _held(evidence))
    lacking += [(one, nowhere) for one in _address_logs(evidence)]
    for one, gap in lacking:
        to_come = intervals.intersection(gap, intervals.union(one.awaited, one.undelivered))
        if len(to_come) and any(one.sees(block) for block in blocks):
            found[one.sensor] = one
    end_us = evidence.watch_ends_us or evidence.now_us
    return tuple(
        # A living sensor that is later than usual is waited for as long as the watch runs.
        Missing(one.kind, NOT_DELIVERED, one.sensor, expected_utc=moment(_later_than(evidence.now_us, one, end_us)))
        for one in sorted(found.values(), key=lambda one: (one.kind, one.sensor))
    )


def _later_than(now_us: int, coverage: Coverage, end_us: int) -> int:
    return coverage.expected_us if coverage.expected_us > now_us else end_us


def _sees_text(coverage: Coverage, address: str) -> bool:
    return any(address_is_in(address, network) for network in coverage.networks)


def address_is_in(address: str, network: Network) -> bool:
    """True when the text is an address of the network."""
    try:
        parsed: Address = IPv4Address(address) if network.version == 4 else IPv6Address(address)
    except ValueError:
        return False
    return parsed in network


def _seen(coverage: Coverage) -> Spans:
    return coverage.spans


def _expected(coverage: Coverage) -> Spans:
    """What was watched, and what is on its way."""
    return intervals.union(coverage.spans, coverage.awaited)


def _expected_living(coverage: Coverage) -> Spans:
    """While the watch runs: also what a living sensor has not delivered, however late it is."""
    return intervals.union(_expected(coverage), coverage.undelivered)


def _exceed(evidence: HostEvidence, gaps: dict[str, Spans]) -> bool:
    """True when the gaps of all kinds together last longer than is let pass."""
    return intervals.length(intervals.union(intervals.nothing(), *gaps.values())) > evidence.gap_seconds * SECOND


def _gaps_by_kind(
    evidence: HostEvidence, start: int, end: int, counts: Callable[[Coverage], Spans]
) -> Iterator[tuple[str, Spans]]:
    """(kind, times from start to end in which some address of the host was not watched, or none was known).

    `counts`: what of a sensor counts as watched.
    """
    # What is counted of an address log beyond its own times is on its way: it may tell where the host was.
    coming = [intervals.difference(counts(one), one.spans) for one in _address_logs(evidence)]
    known = intervals.union(_held(evidence), *coming)
    for kind in evidence.needed_kinds:
        unwatched = [
            intervals.difference(intervals.spans((h.from_us, h.to_us)), _watched(evidence, kind, h, counts))
            for h in evidence.holdings
        ]
        bad = intervals.union(intervals.complement(known), *unwatched)
        yield kind, intervals.clip(bad, start, end)


def _told(seen: dict[str, Spans], due: dict[str, Spans]) -> Iterator[Gap]:
    """The gaps as a verdict keeps them: `seen` are all, `due` those that no log on its way can fill any more."""
    for kind, found in seen.items():
        for part, is_awaited in ((due[kind], False), (intervals.difference(found, due[kind]), True)):
            for start, end in intervals.pairs(part):
                yield Gap(kind, moment(start), moment(end), is_awaited)


def _held(evidence: HostEvidence) -> Spans:
    return intervals.spans(*((h.from_us, h.to_us) for h in evidence.holdings))


def _address_logs(evidence: HostEvidence) -> list[Coverage]:
    """The DHCP sensors of the networks in which the host was seen before, whose next log may tell where it was."""
    if evidence.is_final:
        return []
    seen = [h.address for h in evidence.holdings]
    return [one for one in evidence.coverage if one.kind == "dhcp" and any(one.sees(address) for address in seen)]


def _watched(evidence: HostEvidence, kind: str, holding: Holding, counts: Callable[[Coverage], Spans]) -> Spans:
    """When the holding's address was watched: itself, or every public address that it can go out through."""

    def by(block: Network | Address) -> Spans:
        parts = [counts(c) for c in evidence.coverage if c.kind == kind and c.sees(block)]
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


def _missing_logs(evidence: HostEvidence, gaps: dict[str, Spans], lasts_from_us: int | None) -> tuple[Missing, ...]:
    """The logs that the longest gaps lack, by sensor and address, the longest first, each with all its gaps.

    What reaches `lasts_from_us`, up to which a running watch was looked at, lasts and has no end.
    """
    found: dict[tuple[str, str | None, str | None, str], list[tuple[int, int]]] = {}
    for number, (kind, part) in enumerate(gaps.items(), start=1):
        for start, end in sorted(intervals.pairs(part), key=lambda pair: pair[0] - pair[1]):
            for key in _blame(evidence, kind, start, end):
                if key in found or len(found) < number * MISSING_NAMED:
                    found.setdefault(key, []).append((start, end))
    return tuple(
        _missing_log(*key, intervals.pairs(intervals.spans(*lacked)), lasts_from_us) for key, lacked in found.items()
    )


def _missing_log(
    kind: str,
    sensor: str | None,
    subject: str | None,
    reason: str,
    lacked: Iterable[tuple[int, int]],
    lasts_from_us: int | None,
) -> Missing:
    gaps = tuple((moment(start), None if end == lasts_from_us else moment(end)) for start, end in lacked)
    return Missing(
        kind, reason, sensor, subject, gaps[0][0], gaps[-1][1], gaps=gaps if len(gaps) > 1 else ()
    )  # fmt: skip


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
        if intervals.is_within(_watched(evidence, kind, holding, _seen), low, high):
            continue
        blocks: tuple[Network | Address, ...] = (holding.address, *holding.publics)
        seeing = [c for c in evidence.coverage if c.kind == kind and any(c.sees(block) for block in blocks)]
        for coverage in seeing:
            for reason in _silences(coverage, low, high):
                yield kind, coverage.sensor, str(holding.address), reason
        if not seeing:
            yield kind, None, str(holding.address), "no declared sensor sees the address"
        elif all(intervals.is_within(c.spans, low, high) for c in seeing):
            yield kind, None, str(holding.address), "no declared sensor sees every address that it goes out through"


def _silences(coverage: Coverage, low: int, high: int) -> Iterator[str]:
    """Why a sensor that sees the address did not watch it from low to high."""
    if intervals.touches(coverage.unsure, low, high):
        files = ", ".join(coverage.taken_back[:PLACES_NAMED])
        yield f"a file was taken back that may have been its log: {files}"
    if not intervals.is_within(intervals.union(coverage.spans, coverage.unsure), low, high):
        yield "silent, or its log has not come whole"
