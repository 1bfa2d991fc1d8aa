"""The hosts of the story: who is listed, where it stood, when it called its C2, and what its owner claims."""

from dataclasses import dataclass, replace

import numpy as np

from vonggac.exercise.clock import CLEAN_DAYS, DAY_US, GAP_SECONDS, HOUR_US, SECOND_US, Calendar, overlap_us
from vonggac.exercise.names import FAMILIES
from vonggac.exercise.province import Organisation
from vonggac.exercise.sensors import Sensor

LISTED_SHARE = 0.05
SENDERS = ("sheet", "sinkhole", "plain")


@dataclass(frozen=True, slots=True)
class C2:
    """One command server of a family: known to the lists by address, by name, or by both."""

    family: str
    known_by: str
    address: str
    address_six: str
    name: str
    port: int

    def address_for(self, source: str) -> str:
        """The address that a host with this source address speaks to."""
        return self.address_six if ":" in source else self.address


@dataclass(frozen=True, slots=True)
class Stay:
    """A time in which a machine answered at one source address; `slot` is None for a server."""

    from_us: int
    to_us: int
    address: str
    slot: int | None


@dataclass(frozen=True, slots=True)
class Subject:
    """One machine of the story. `contacts_us` is the true stream of its contacts, seen by a sensor or not."""

    name: str
    organisation: int
    stays: tuple[Stay, ...]
    c2: C2
    truth: str
    contacts_us: np.ndarray
    senders: tuple[str, ...] = ()
    listed_address: str = ""
    listed_port: int = 0
    sighted_us: int = 0
    first_list: int = 0
    claim: str | None = None
    claim_us: int | None = None
    case_name: str = ""
    lost_lease: bool = False
    sighted_again_us: tuple[int | None, int | None] = (None, None)

    def stay_at(self, time_us: int) -> Stay:
        """Where it stood at a moment."""
        return next(one for one in self.stays if one.from_us <= time_us < one.to_us)

    @property
    def has_moved(self) -> bool:
        """Whether it changed its address within the fortnight."""
        return len(self.stays) > 1


def public_end(organisation: Organisation, subject: Subject, time_us: int, rng: np.random.Generator) -> tuple[str, int]:
    """The public address and port that the world sees the machine at."""
    stay = subject.stay_at(time_us)
    if stay.slot is None:
        return stay.address, int(rng.integers(32_768, 60_999))
    return organisation.pool_of(stay.slot), organisation.first_port(stay.slot) + int(
        rng.integers(organisation.port_width)
    )


def command_servers() -> tuple[C2, ...]:
    """Every family's three command servers: one known by address, one by name, one by both."""
    servers = []
    for place, family in enumerate(FAMILIES):
        for turn, known_by in enumerate(("address", "name", "both")):
            # A server known by name only stands at an address that no list names.
            block = 240 if known_by == "name" else 200
            number = place * 3 + turn + 1
            servers.append(
                C2(
                    family, known_by, f"198.19.{block}.{number}", f"2001:db8:ffff:{block:x}::{number:x}",
                    f"{family}-{turn}.c2.example.net", (443, 8080, 80)[turn],
                )
            )  # fmt: skip
    return tuple(servers)


@dataclass
class Casting:
    """Chooses the subjects of one organisation; remembers which (address, family) and which slots are taken.

    A finding is an (address, family): two listed hosts never share one, or no log could tell their cases apart.
    """

    organisation: Organisation
    sensors: tuple[Sensor, ...]
    calendar: Calendar
    rng: np.random.Generator
    servers: tuple[C2, ...]
    given: bool = False

    def __post_init__(self) -> None:
        self._findings: set[tuple[str, str]] = set()
        self._moved_to = self.organisation.workstations
        self._busy: set[int] = set()

    @property
    def _is_diligent(self) -> bool:
        return self.organisation.profile == "diligent" and not self.given

    def choose(self) -> list[Subject]:
        """The listed hosts of the organisation and the successors of those whose address was passed on."""
        if self.given:
            positions = self._given_positions()
        else:
            positions = self._random_positions()
        # Every listed workstation is taken before any successor is looked for: a successor must not be listed.
        self._busy.update(position for is_server, position in positions if not is_server)
        subjects: list[Subject] = []
        for is_server, position in positions:
            subjects.extend(self._cast(is_server, position))
        return subjects

    def _given_positions(self) -> list[tuple[bool, int]]:
        one = self.organisation
        own_block = one.pool_networks[0].startswith("198.18.")
        behind = 0 if own_block else min(len(one.pool_addresses), one.workstations)
        return [(True, place) for place in range(len(one.server_addresses))] + [(False, w) for w in range(behind)]

    def _random_positions(self) -> list[tuple[bool, int]]:
        one = self.organisation
        count = max(6, round(LISTED_SHARE * one.workstations))
        if one.profile == "nat_not_logged":  # nothing tells hosts behind one address apart: one case an address
            count = min(count, len(one.pool_addresses))
            chosen = self.rng.permutation(min(len(one.pool_addresses), one.workstations))[:count]
        else:
            chosen = self.rng.permutation(one.workstations)[: min(count, one.workstations // 2)]
        usable = max(0, len(one.server_addresses) - 1)
        listed_servers = self.rng.permutation(usable)[: max(1, count // 6)]
        return [(True, int(one)) for one in listed_servers] + [(False, int(one)) for one in chosen]

    def _cast(self, is_server: bool, position: int) -> list[Subject]:
        stays, successor = self._stays(is_server, position)
        c2 = self._free_c2(is_server, stays)
        if c2 is None:
            return []
        subject = Subject(
            self._name(is_server, position), self.organisation.index, stays, c2, "clean", np.empty(0, np.int64),
            senders=self._senders(is_server, c2),
        )  # fmt: skip
        subject = self._listed(self._claimed(subject, is_server))
        subject = self._lived(subject)
        return [subject] if successor is None else [subject, self._successor(subject, successor)]

    def _name(self, is_server: bool, position: int) -> str:
        one = self.organisation
        return one.server_name(position) if is_server else one.workstation_name(position)

    def _stays(self, is_server: bool, position: int) -> tuple[tuple[Stay, ...], int | None]:
        """Where the machine stands, and the workstation that takes its first address over, if any."""
        one, begin, end = self.organisation, self.calendar.start_us, self.calendar.now_us + DAY_US
        if is_server:
            by_six = one.six is not None and not self.given and position % 2 == 0
            address = one.six_address(position) if by_six else one.server_addresses[position]
            return (Stay(begin, end, address, None),), None
        home = one.slot_address(position)
        may_move = not one.is_border and one.profile != "half_seen" and self._moved_to < one.slots
        if not may_move or self.rng.random() > 0.25:
            return (Stay(begin, end, home, position),), None
        moves = self.calendar.day(float(self.rng.uniform(4, 11))) // SECOND_US * SECOND_US
        slot, self._moved_to = self._moved_to, self._moved_to + 1
        stays = (Stay(begin, moves, home, position), Stay(moves, end, one.slot_address(slot), slot))
        free = [w for w in range(one.workstations) if w not in self._busy][:1] if one.is_dhcp else []
        self._busy.update(free)
        return stays, free[0] if free else None

    def _free_c2(self, is_server: bool, stays: tuple[Stay, ...]) -> C2 | None:
        """A command server whose family is new to every public address of the machine; None when all are taken."""
        one = self.organisation
        addresses = {stay.address if stay.slot is None else one.pool_of(stay.slot) for stay in stays}
        for place in self.rng.permutation(len(self.servers)):
            c2 = self.servers[int(place)]
            keys = {(address, c2.family) for address in addresses}
            if one.profile == "nat_not_logged" and not is_server:
                keys |= {(address, "") for address in addresses}
            if not keys & self._findings:
                self._findings |= keys
                return c2
        return None

    def _senders(self, is_server: bool, c2: C2) -> tuple[str, ...]:
        if self.given:
            return ("sheet",)
        draw = self.rng.random()
        if is_server and draw < 0.1 and not self._is_diligent:
            return ("plain",)
        if c2.known_by == "name":  # a sinkhole report names the sinkhole's address, so it cannot carry a bare name
            return ("sheet",)
        return ("sheet",) if draw < 0.55 else ("sinkhole",) if draw < 0.92 else ("sheet", "sinkhole")

    def _claimed(self, subject: Subject, is_server: bool) -> Subject:
        draw = self.rng.random()
        truth = "infected" if self.rng.random() < 0.35 else "moved" if subject.has_moved else "clean"
        unplaced = self.organisation.profile == "nat_not_logged" and not is_server
        case_name = self.organisation.pool_of(subject.stays[0].slot or 0) if unplaced else subject.name
        first_list = 1 if draw > 0.97 and not self.given else 0
        if self._is_diligent:  # all of its listed hosts are cleaned and claimed within a day and a half
            at = self.calendar.day(2.5 + 1.5 * draw) // SECOND_US * SECOND_US
            truth = "moved" if subject.has_moved else "clean"
            return replace(subject, truth=truth, case_name=case_name, claim="clean", claim_us=at)
        if draw > 0.85:  # nobody claims it
            return replace(subject, truth=truth, case_name=case_name, first_list=first_list)
        days = self.rng.uniform(9.2, 12) if draw > 0.80 else self.rng.uniform(2.5, 6)
        claim = "not_ours" if 0.78 < draw <= 0.80 else "clean"
        at = self.calendar.day(float(days)) // SECOND_US * SECOND_US
        lost = self.organisation.profile == "dhcp_lost" and not is_server and bool(self.rng.random() < 0.6)
        return replace(subject, truth=truth, case_name=case_name, claim=claim, claim_us=at, lost_lease=lost)

    def _listed(self, subject: Subject) -> Subject:
        low, high = (0.1, 1.9) if subject.first_list == 0 else (6.5, 8.9)
        sighted = self.calendar.day(float(self.rng.uniform(low, high))) // SECOND_US * SECOND_US
        address, port = public_end(self.organisation, subject, sighted, self.rng)
        return replace(subject, sighted_us=sighted, listed_address=address, listed_port=port)

    def _lived(self, subject: Subject) -> Subject:
        """The subject with its true contacts, and the later lists that caught one of them."""
        every = float(np.exp(self.rng.uniform(np.log(1_200), np.log(CLEAN_DAYS * 86_400)))) * SECOND_US
        begin, end, claim = self.calendar.start_us, self.calendar.end_us, subject.claim_us
        if subject.truth == "infected":
            contacts = self._ticks(begin, end, every)
            if claim is not None:
                contacts = self._seen_once(subject, np.append(contacts, self._watched_moment(claim)), claim)
            again = (self._sighting(subject, 7.0, 8.9), self._sighting(subject, 9.3, 13.3))
            contacts = np.append(contacts, [one for one in again if one is not None]).astype(np.int64)
        else:
            latest = self.calendar.day(2) if claim is None else claim
            quiet = self.rng.uniform(60, 1_500) if self.rng.random() < 0.3 else self.rng.uniform(1_500, 86_400)
            contacts, again = self._ticks(begin, latest - round(quiet * SECOND_US), every), (None, None)
        contacts = np.unique(np.append(contacts, subject.sighted_us)).astype(np.int64)
        return replace(subject, contacts_us=contacts, sighted_again_us=again)

    def _ticks(self, begin_us: int, end_us: int, every_us: float) -> np.ndarray:
        count = int((end_us - begin_us) / every_us) + 2
        steps = self.rng.uniform(0.6, 1.4, size=count) * every_us
        times = begin_us + (np.cumsum(steps) - steps[0] * self.rng.random()).astype(np.int64)
        kept: np.ndarray = times[times < end_us]
        return kept

    def _watched_moment(self, claim_us: int) -> int:
        end = min(claim_us + CLEAN_DAYS * DAY_US, self.calendar.end_us)
        return int(self.rng.integers(claim_us + 60 * SECOND_US, end - 60 * SECOND_US))

    def _seen_once(self, subject: Subject, contacts: np.ndarray, claim_us: int) -> np.ndarray:
        """The contacts, with one more at a recorded moment when all of the watched ones hide in gaps that are allowed.

        An infected host that no log and no gap betrays would be an unfair question: nobody could answer it.
        """
        until = min(claim_us + CLEAN_DAYS * DAY_US, self.calendar.end_us)
        deaf = [one for sensor in self.sensors for one in sensor.deaf]
        if any(overlap_us(sensor.blind, claim_us, until) > 2 * GAP_SECONDS * SECOND_US for sensor in self.sensors[:2]):
            deaf = [one for one in deaf if one[1] - one[0] <= GAP_SECONDS * SECOND_US]
        watched = contacts[(contacts >= claim_us) & (contacts < until)]
        if any(not any(begin <= one < end for begin, end in deaf) for one in watched):
            return contacts
        moment = self._watched_moment(claim_us)
        while any(begin <= moment < end for begin, end in deaf):
            moment = self._watched_moment(claim_us)
        return np.append(contacts, moment)

    def _sighting(self, subject: Subject, from_day: float, to_day: float) -> int | None:
        """A moment at which a later list caught the infected machine, or None: lists do not see everything."""
        begin = self.calendar.day(from_day)
        if subject.claim_us is not None:
            begin = max(begin, subject.claim_us + HOUR_US)
        begin = max(begin, subject.sighted_us + HOUR_US)
        end = self.calendar.day(to_day)
        if self.rng.random() < 0.4 or begin >= end:
            return None
        return int(self.rng.integers(begin, end)) // SECOND_US * SECOND_US

    def _successor(self, subject: Subject, workstation: int) -> Subject:
        """The machine that DHCP gives the subject's first address an hour later; half of them call the same C2."""
        first, end = subject.stays[0], self.calendar.now_us + DAY_US
        takes = first.to_us + HOUR_US
        home = self.organisation.slot_address(workstation)
        stays = (
            Stay(self.calendar.start_us, takes, home, workstation),
            Stay(takes, end, first.address, first.slot),
        )
        calls = takes < self.calendar.end_us - DAY_US and self.rng.random() < 0.5
        contacts = self._ticks(takes + HOUR_US, self.calendar.end_us, 9 * HOUR_US) if calls else np.empty(0, np.int64)
        name = self.organisation.workstation_name(workstation)
        return Subject(name, subject.organisation, stays, subject.c2, "never_listed", contacts, case_name=name)
