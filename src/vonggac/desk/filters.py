"""The inbox's filters: an address to a selection of cases, and the words that a person clicks."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, time
from typing import NamedTuple
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Q
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from vonggac.cases.models import Finding, Kind
from vonggac.cases.queries import LATE_STATES, UNFINISHED, Counts, Selection
from vonggac.cases.rules import Claim, Proof, State
from vonggac.desk.times import OFFICE_ZONE, typed_day
from vonggac.desk.words import LOGS, Word, word
from vonggac.errors import InputError
from vonggac.kernel.numbers import whole_number
from vonggac.register.models import Organisation

STATES: Mapping[str, tuple[Word, frozenset[str]]] = {
    "": (gettext_lazy("open"), UNFINISHED),
    "sent": (gettext_lazy("not acknowledged"), frozenset({State.SENT})),
    "working": (gettext_lazy("in progress"), frozenset({State.ACKNOWLEDGED, State.IN_PROGRESS})),
    "claimed": (gettext_lazy("claimed done"), frozenset({State.CLAIMED})),
    "answered": (gettext_lazy("disputed or cannot comply"), frozenset({State.DISPUTED, State.CANNOT_COMPLY})),
    "closed": (pgettext_lazy("state", "closed"), frozenset({State.CLOSED})),
    "all": (pgettext_lazy("states", "all"), frozenset(State)),
}
PROOFS: Mapping[str, Word] = {
    "": gettext_lazy("any"),
    Proof.PROVEN: gettext_lazy("proven"),
    Proof.CONTRADICTED: gettext_lazy("contradicted"),
    Proof.NOT_OBSERVABLE: gettext_lazy("not observable"),
    Proof.WATCHING: gettext_lazy("being watched"),
}
CLAIMS: Mapping[str, Word] = {
    "": gettext_lazy("any"),
    Claim.DONE: gettext_lazy("claimed done"),
    Claim.NOT_OURS: gettext_lazy("says: not ours"),
    Claim.CANNOT: gettext_lazy("says: cannot comply"),
}


class Choice(NamedTuple):
    """One word of a filter."""

    text: str
    address: str
    is_chosen: bool
    number: int | None


class Group(NamedTuple):
    """A filter as a row of words."""

    name: str
    choices: list[Choice]


@dataclass(frozen=True, slots=True)
class Filters:
    """What a person asked the inbox for; the address carries the same names."""

    kind: str = ""
    state: str = ""
    proof: str = ""
    claim: str = ""
    late: str = ""
    mine: str = ""
    organisation: str = ""
    directive: str = ""
    clause: str = ""
    listed: str = ""
    since: str = ""
    missing: str = ""

    @classmethod
    def read(cls, query: QueryDict) -> "Filters":
        """The filters of an address; InputError names the one that is not known."""
        given = {field.name: query.get(field.name, "").strip() for field in fields(cls)}
        known = {"kind": ("", *Kind.values), "state": STATES, "proof": PROOFS, "claim": CLAIMS}
        for name, values in known.items():
            if given[name] not in values:
                raise InputError(
                    _("The filter %(name)s has no value %(value)s.") % {"name": name, "value": given[name]}
                )
        if given["directive"] and whole_number(given["directive"]) is None:
            raise InputError(_("The filter %(name)s takes a number.") % {"name": "directive"})
        if given["since"] and _day(given["since"]) is None:
            raise InputError(_("The filter %(name)s takes a day, as 2026-04-30.") % {"name": "since"})
        return cls(**given)

    def address(self, **changes: str) -> str:
        """The query string of these filters with some changed."""
        changed = replace(self, **changes)
        pairs = {field.name: getattr(changed, field.name) for field in fields(changed)}
        return "?" + urlencode({name: value for name, value in pairs.items() if value})

    def selection(self, person_id: int | None, now: datetime) -> Selection:
        """The cases that the filters ask for."""
        states = self.states()
        return Selection(
            states=states & LATE_STATES if self.late else states,
            kind=self.kind,
            proof=self.proof,
            claim=self.claim,
            due_before=now if self.late else None,
            assignee_id=person_id if self.mine else None,
            org_path=self._path(),
            more=self._obligation() & self._counted(),
        )

    def states(self) -> frozenset[str]:
        """The states asked for; who asks for the proven ones means the closed ones too, since proof closes."""
        if self.proof == Proof.PROVEN and not self.state:
            return STATES["all"][1]
        return STATES[self.state][1]

    def _path(self) -> str:
        if not self.organisation:
            return ""
        found = Organisation.objects.filter(code=self.organisation).values_list("path", flat=True).first()
        if found is None:
            raise InputError(_("There is no organisation with the code %(code)s.") % {"code": self.organisation})
        return found

    def _obligation(self) -> Q:
        condition = Q()
        if self.directive:
            condition &= Q(obligation__directive_id=int(self.directive), obligation__recalled_at__isnull=True)
        if self.clause:
            condition &= Q(obligation__clause__label=self.clause)
        return condition

    def _counted(self) -> Q:
        """What a report's figures count beyond the words above: `reports.queries` gives these addresses."""
        condition = Q()
        if self.listed:
            condition &= Q(Exists(Finding.objects.filter(case=OuterRef("pk"))))
        if day := _day(self.since):
            condition &= Q(closed_at__isnull=True) | Q(closed_at__gte=datetime.combine(day, time(), OFFICE_ZONE))
        if self.missing:
            kind, has_sensor, sensor = self.missing.partition(":")
            wanted = {"kind": kind, "sensor": sensor or None} if has_sensor else {"kind": kind}
            condition &= Q(missing__contains=[wanted])
        return condition

    @property
    def narrows(self) -> bool:
        """True when the list is about a part only (an organisation, a directive), so the counters would mislead."""
        words = (self.organisation, self.directive, self.clause, self.mine, self.claim)
        return any(words) or any((self.listed, self.since, self.missing))

    def groups(self, counts: Counts, late: int) -> Iterator[Group]:
        """The rows of words, with numbers where the counters know them."""
        kinds = [Choice(_("everything"), self.address(kind=""), not self.kind, None)]
        kinds += [
            Choice(str(label), self.address(kind=kind), self.kind == kind, counts.total(states=UNFINISHED, kind=kind))
            for kind, label in Kind.choices
        ]
        yield Group(_("What"), kinds)
        toggle = "" if self.late else "1"
        whose = "" if self.mine else "1"
        yield Group(
            _("Only"),
            [
                Choice(_("late"), self.address(late=toggle), bool(self.late), late),
                Choice(_("mine"), self.address(mine=whose), bool(self.mine), None),
            ],
        )
        yield Group(_("Where it stands"), [self._state(key, counts) for key in STATES])
        yield Group(_("Observation"), [self._proof(key, counts) for key in PROOFS])
        if reported := list(self._reported()):
            yield Group(_("As a report counts"), reported)

    def _reported(self) -> Iterator[Choice]:
        """The conditions of a report's figure in force, each taken off by a click."""
        if self.listed:
            yield Choice(_("still on a host"), self.address(listed=""), True, None)
        if day := _day(self.since):
            yield Choice(_("open since %(day)s") % {"day": f"{day:%d/%m/%Y}"}, self.address(since=""), True, None)
        if self.missing:
            kind, _colon, sensor = self.missing.partition(":")
            lacking = " · ".join(part for part in (word(LOGS, kind), sensor) if part)
            yield Choice(_("missing: %(log)s") % {"log": lacking}, self.address(missing=""), True, None)

    def _state(self, key: str, counts: Counts) -> Choice:
        text, states = STATES[key]
        number = None if self.narrows else counts.total(states=states, kind=self.kind)
        return Choice(str(text), self.address(state=key), self.state == key, number)

    def _proof(self, key: str, counts: Counts) -> Choice:
        states = replace(self, proof=key).states()
        known = key and not self.narrows
        number = counts.total(states=states, kind=self.kind, proof=key) if known else None
        return Choice(str(PROOFS[key]), self.address(proof=key), self.proof == key, number)


def _day(text: str) -> date | None:
    try:
        return typed_day(text)
    except ValueError:
        return None
