"""What is true of every host of an exercise, from the generator's own books: no rule of the desk is asked."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vonggac.exercise.clock import CLEAN_DAYS, DAY_US, GAP_SECONDS, SECOND_US, Calendar, overlap_us
from vonggac.exercise.conduct import Conduct
from vonggac.exercise.province import UPPER_HALF, Organisation, Province
from vonggac.exercise.sensors import Sensor
from vonggac.exercise.subjects import Subject


@dataclass(frozen=True, slots=True)
class Fact:
    """The truth of one host, and whether all that a proof needs was in place by the moment of judgement."""

    truth: str
    observable: bool


def is_observable(subject: Subject, organisation: Organisation, sensors: Sequence[Sensor], calendar: Calendar) -> bool:
    """Whether a timely claim of `clean` was watched whole: flow and DNS, every address known, a C2 to look for.

    Stricter than the rule has to be: both logs are asked for whatever the C2 is known by, and their blind times are
    added up. So `true` holds under every reading of the format, and nothing near the limit is called observable.
    """
    claim_us = subject.claim_us
    if subject.claim != "clean" or claim_us is None or claim_us > calendar.day(6):
        return False
    is_placed = subject.case_name == subject.name and not subject.lost_lease
    names_a_c2 = any(sender != "plain" for sender in subject.senders)
    if not (is_placed and names_a_c2 and _is_seen(subject, organisation)):
        return False
    until = claim_us + CLEAN_DAYS * DAY_US
    blind_us = sum(overlap_us(one.blind_at_most, claim_us, until) for one in sensors if one.kind in ("flow", "dns"))
    return blind_us <= GAP_SECONDS * SECOND_US


def _is_seen(subject: Subject, organisation: Organisation) -> bool:
    """Whether the flow sensor sees every address the machine stood at."""
    if organisation.profile != "half_seen":
        return True
    return all(stay.slot is None or organisation.slot_offset(stay.slot) < UPPER_HALF for stay in subject.stays)


def facts(
    province: Province,
    subjects: Sequence[Subject],
    sensors: Mapping[int, Sequence[Sensor]],
    calendar: Calendar,
) -> dict[str, Fact]:
    """The truth of every host, by name; a case that nobody can place stands under its public address as well.

    So does a NAT's address from a given list, which names neither port nor time to place it by.
    """
    known = {
        name: Fact("never_listed", observable=False)
        for one in province.organisations
        for name in (
            *(one.server_name(server) for server in range(len(one.server_addresses))),
            *(one.workstation_name(workstation) for workstation in range(one.workstations)),
        )
    }
    for subject in subjects:
        organisation = province.organisations[subject.organisation]
        observable = is_observable(subject, organisation, sensors[subject.organisation], calendar)
        known[subject.name] = known[subject.case_name] = Fact(subject.truth, observable)
        if subject.listed_address in province.given and subject.stays[0].slot is not None:
            known[subject.listed_address] = Fact(subject.truth, observable=False)
    return known


def truth_json(known: Mapping[str, Fact], words: Sequence[Conduct]) -> str:
    """The content of `truth.json`: of every host, and of every claim to have carried a clause out."""
    hosts = {name: {"truth": fact.truth, "observable": fact.observable} for name, fact in known.items()}
    claims = [
        {"organisation": one.organisation, "clause": one.clause, "is_true": one.is_true}
        for one in words
        if one.is_true is not None
    ]
    return json.dumps({"hosts": hosts, "answers": claims}, ensure_ascii=False, indent=0) + "\n"
