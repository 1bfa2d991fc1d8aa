"""Whether the question the exercise asks can be answered: checked against the books, for many seeds, without files."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest

from vonggac.exercise.clock import CLEAN_DAYS, DAY_US, EXERCISE_START_UTC, SECOND_US, Calendar, calendar_from
from vonggac.exercise.province import UPPER_HALF, Organisation, build_province
from vonggac.exercise.sensors import Sensor, equip
from vonggac.exercise.subjects import Casting, Subject, command_servers
from vonggac.exercise.truth import is_observable

WATCH_US = CLEAN_DAYS * DAY_US
CALENDAR: Calendar = calendar_from(EXERCISE_START_UTC)
SEEDS = range(25)


@dataclass(frozen=True)
class Story:
    subject: Subject
    organisation: Organisation
    sensors: dict[str, Sensor]

    @property
    def is_observable(self) -> bool:
        return is_observable(self.subject, self.organisation, list(self.sensors.values()), CALENDAR)


def _stories(seed: int) -> Iterator[Story]:
    rng = np.random.default_rng(seed)
    province = build_province(rng, scale=0.4)
    for organisation, stream in zip(province.organisations, rng.spawn(len(province.organisations)), strict=True):
        sensors = equip(organisation, CALENDAR, stream)
        casting = Casting(organisation, sensors, CALENDAR, stream, command_servers())
        yield from (Story(one, organisation, {each.kind: each for each in sensors}) for one in casting.choose())


def _timely(seed: int) -> list[Story]:
    return [
        one for one in _stories(seed)
        if one.subject.claim == "clean" and one.subject.claim_us is not None and one.subject.claim_us <= CALENDAR.day(6)
    ]  # fmt: skip


def _kinds(story: Story) -> tuple[str, ...]:
    return {"address": ("flow",), "name": ("dns",), "both": ("flow", "dns")}[story.subject.c2.known_by]


def _is_unseen_by_flow(story: Story, slot: int | None) -> bool:
    one = story.organisation
    return one.profile == "half_seen" and slot is not None and one.slot_offset(slot) >= UPPER_HALF


def _is_recorded(story: Story, kind: str, time_us: int) -> bool:
    """Whether a contact is in a file that came whole, minute by minute and not by the generator's own masks."""
    sensor = story.sensors[kind]
    if kind == "flow" and _is_unseen_by_flow(story, story.subject.stay_at(time_us).slot):
        return False
    return not any(begin <= time_us < end for begin, end in (*sensor.deaf, *sensor.blind))


def _is_excused(story: Story) -> bool:
    """Whether a lenient judge, who asks only for the log kinds of this C2, must still call the host unobservable."""
    subject = story.subject
    if subject.lost_lease or subject.case_name != subject.name or subject.senders == ("plain",):
        return True
    for kind in _kinds(story):
        if kind == "flow" and any(_is_unseen_by_flow(story, stay.slot) for stay in subject.stays):
            return True
        begin, end = subject.claim_us, subject.claim_us + WATCH_US
        blind = sum(max(0, min(end, to) - max(begin, since)) for since, to in story.sensors[kind].blind)
        if blind > 60 * SECOND_US:
            return True
    return False


@pytest.mark.parametrize("seed", SEEDS)
def test_every_infected_host_is_betrayed_by_a_record_or_by_a_gap(seed):
    """Otherwise a sound judge would have to prove an infected host, or an unsound one would look right."""
    for story in _timely(seed):
        one = story.subject
        if one.truth != "infected":
            continue
        watched = [t for t in one.contacts_us.tolist() if one.claim_us <= t < one.claim_us + WATCH_US]
        assert watched
        is_betrayed = any(_is_recorded(story, kind, t) for t in watched for kind in _kinds(story))
        assert is_betrayed or _is_excused(story), one.name


@pytest.mark.parametrize("seed", SEEDS)
def test_an_observable_host_has_no_excuse(seed):
    assert not any(_is_excused(story) for story in _timely(seed) if story.is_observable)


@pytest.mark.parametrize("seed", SEEDS)
def test_half_of_the_timely_claims_or_more_are_observable(seed):
    stories = _timely(seed)
    observable = sum(story.is_observable for story in stories)
    assert 0.45 * len(stories) < observable < 0.95 * len(stories)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_gap_comes_near_the_limit(seed):
    for story in _timely(seed):
        begin, end = story.subject.claim_us, story.subject.claim_us + WATCH_US
        for kind in ("flow", "dns"):
            blind = sum(max(0, min(end, to) - max(begin, since)) for since, to in story.sensors[kind].blind)
            assert not 30 * SECOND_US < blind < 120 * SECOND_US


@pytest.mark.parametrize("seed", SEEDS)
def test_every_finding_belongs_to_one_host_whenever_it_is_seen(seed):
    holders: dict[tuple[str, str], str] = {}
    for story in _stories(seed):
        one, place = story.subject, story.organisation
        if one.senders:
            for stay in one.stays:
                address = stay.address if stay.slot is None else place.pool_of(stay.slot)
                assert holders.setdefault((address, one.c2.family), one.name) == one.name


@pytest.mark.parametrize("seed", SEEDS)
def test_no_two_machines_stand_at_one_address_at_a_time(seed):
    stays: dict[str, list[tuple[int, int, str]]] = {}
    for story in _stories(seed):
        for stay in story.subject.stays:
            stays.setdefault(stay.address, []).append((stay.from_us, stay.to_us, story.subject.name))
    for several in stays.values():
        several.sort()
        for before, after in pairwise(several):
            assert before[1] <= after[0], (before, after)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_contact_of_a_clean_host_may_come_minutes_before_its_claim_but_never_after(seed):
    clean = [one.subject for one in _timely(seed) if one.subject.truth != "infected"]
    assert all(np.all(one.contacts_us < one.claim_us) for one in clean)
    assert min(int(one.claim_us - one.contacts_us[-1]) for one in clean) < 6 * 3_600 * SECOND_US
