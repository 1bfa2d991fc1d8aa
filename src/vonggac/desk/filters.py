"""The inbox's filters: an address to a selection of cases, and the words that a person clicks."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, time
from typing import NamedTuple
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Q
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from vonggac.cases import queries
from vonggac.cases.models import Finding, Kind
from vonggac.cases.queries import LATE_STATES, UNFINISHED, Counts, Selection
from vonggac.cases.rules import Claim, Proof, State
from vonggac.desk.figure_words import STANDINGS
from vonggac.desk.times import OFFICE_ZONE, full, reckoned, typed_day
from vonggac.desk.words import LOGS, Word, word
from vonggac.errors import InputError
from vonggac.kernel.numbers import whole_number
from vonggac.register.models import Organisation
from vonggac.reports import standings
from vonggac.reports.figures import Standing

STATES: Mapping[str, tuple[Word, frozenset[str]]] = {
    "": (gettext_lazy("open"), UNFINISHED),
    "sent": (gettext_lazy("not acknowledged"), frozenset({State.SENT})),
    "working": (gettext_lazy("in progress"), frozenset({State.ACKNOWLEDGED, State.IN_PROGRESS})),
    "claimed": (gettext_lazy("claimed, not closed"), frozenset({State.CLAIMED})),
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
    Claim.NONE: gettext_lazy("says nothing yet"),
}


class Choice(NamedTuple):
    """One word of a filter; `asked` is what its number counts, None for a word that only takes a condition off."""

    text: str
    address: str
    is_chosen: bool
    asked: "Filters | None" = None
    number: int | None = None


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
    own: str = ""
    directive: str = ""
    clause: str = ""
    listed: str = ""
    since: str = ""
    missing: str = ""
    standing: str = ""
    opened: str = ""

    @classmethod
    def read(cls, query: QueryDict) -> "Filters":
        """The filters of an address; InputError names the one that is not known."""
        given = {field.name: query.get(field.name, "").strip() for field in fields(cls)}
        known = {
            "kind": ("", *Kind.values), "state": STATES, "proof": PROOFS, "claim": CLAIMS,
            "standing": Standing if given["standing"] else ("",),
        }  # fmt: skip
        for name, values in known.items():
            # A figure may count several standings together.
            asked = given[name].split(",") if name == "standing" else [given[name]]
            if not set(asked) <= set(values):
                raise InputError(
                    _("The filter %(name)s has no value %(value)s.") % {"name": name, "value": given[name]}
                )
        if given["directive"] and whole_number(given["directive"]) is None:
            raise InputError(_("The filter %(name)s takes a number.") % {"name": "directive"})
        if given["since"] and _day(given["since"]) is None:
            raise InputError(_("The filter %(name)s takes a day, as 2026-04-30.") % {"name": "since"})
        if given["opened"] and _moment(given["opened"]) is None:
            raise InputError(_("The filter %(name)s takes a moment, as 2026-04-30T08:00:00Z.") % {"name": "opened"})
        return cls(**given)

    def address(self, **changes: str) -> str:
        """The query string of these filters with some changed."""
        changed = replace(self, **changes)
        pairs = {field.name: getattr(changed, field.name) for field in fields(changed)}
        return "?" + urlencode({name: value for name, value in pairs.items() if value})

    def selection(self, person_id: int | None, now: datetime, org_path: str | None = None) -> Selection:
        """The cases that the filters ask for; `org_path`: the organisation's, where it was looked up before."""
        path = self._path() if org_path is None else org_path
        is_own = Q(org_path=path) if self.own and path else Q()
        return Selection(
            states=self.states(),
            kind=self.kind,
            proof=self.proof,
            claim=self.claim,
            due_before=now if self.late else None,
            assignee_id=person_id if self.mine else None,
            org_path=path,
            more=self._obligation() & self._counted() & is_own,
        )

    def states(self) -> frozenset[str]:
        """The states asked for; who asks for the proven ones means the closed ones too, since proof closes."""
        is_any = self.proof == Proof.PROVEN and not self.state
        states = STATES["all" if is_any else self.state][1]
        return states & LATE_STATES if self.late else states

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
        if self.standing:
            condition &= standings.condition(*map(Standing, self.standing.split(",")))
        if moment := _moment(self.opened):
            condition &= Q(opened_at__gt=moment)
        return condition

    @property
    def is_tallied(self) -> bool:
        """True when the maintained counters know the number: by kind, state, proof, claim and organisation."""
        return not any((self.late, self.mine, self.own, self.directive, self.clause)) and not any(
            (self.listed, self.since, self.missing, self.standing, self.opened)
        )

    @property
    def is_rare(self) -> bool:
        """True for a condition without an index that few cases meet: what looks for them reads all."""
        return bool(self.missing)

    def groups(self, counts: Counts, selection: Selection, person_id: int | None, now: datetime) -> list[Group]:
        """The rows of words; each number says how many cases the word would show beside the other filters in force.

        `selection` is what these filters ask for, `counts` the counters of its part of the tree. One query at most.
        """
        groups = list(self._words())
        asked = [choice.asked for group in groups for choice in group.choices if choice.asked]
        numbers = {
            one: counts.total(states=one.states(), kind=one.kind, proof=one.proof, claim=one.claim) for one in asked
        }
        # Where the counters know of none at all, no further condition finds one.
        unknown = [one for one, number in numbers.items() if number and not one.is_tallied]
        selections = [one.selection(person_id, now, selection.org_path) for one in unknown]
        counted = queries.numbers_at_once if self.is_rare else queries.numbers_up_to
        numbers |= zip(unknown, counted(selections), strict=True)
        return [
            Group(name, [each._replace(number=numbers[each.asked] if each.asked else None) for each in choices])
            for name, choices in groups
        ]

    def in_force(self, groups: Sequence[Group]) -> list[str]:
        """The words chosen in these groups and the part of the tree or of a directive, without what leaves all in."""
        chosen = [(group, choice) for group in groups for choice in group.choices if choice.is_chosen]
        said = [choice.text for _group, choice in chosen if choice.text not in {_("everything"), _("any")}]
        directive = _("directive %(n)s") % {"n": self.directive} if self.directive else ""
        return [*said, *filter(None, (self.organisation, directive, self.clause))]

    def _words(self) -> Iterator[Group]:
        kinds: Sequence[tuple[str, Word]] = [("", gettext_lazy("everything")), *Kind.choices]
        yield Group(_("What"), [self._choice("kind", kind, label) for kind, label in kinds])
        yield Group(_("Only"), [self._toggle("late", _("late")), self._toggle("mine", _("mine"))])
        yield Group(_("Where it stands"), [self._choice("state", key, text) for key, (text, _of) in STATES.items()])
        yield Group(_("What the unit says"), [self._choice("claim", key, text) for key, text in CLAIMS.items()])
        yield Group(_("Observation"), [self._choice("proof", key, text) for key, text in PROOFS.items()])
        if reported := list(self._reported()):
            yield Group(_("As a report counts"), reported)

    def _choice(self, name: str, value: str, text: Word) -> Choice:
        asked = replace(self, **{name: value})
        return Choice(str(text), asked.address(), asked == self, asked)

    def _toggle(self, name: str, text: str) -> Choice:
        is_on = bool(getattr(self, name))
        return Choice(text, self.address(**{name: "" if is_on else "1"}), is_on, replace(self, **{name: "1"}))

    def _reported(self) -> Iterator[Choice]:
        """The conditions of a report's figure in force, each taken off by a click."""
        if self.listed:
            yield Choice(_("still on a host"), self.address(listed=""), True)
        if day := _day(self.since):
            yield Choice(_("open since %(day)s") % {"day": f"{day:%d/%m/%Y}"}, self.address(since=""), True)
        if self.missing:
            kind, _colon, sensor = self.missing.partition(":")
            lacking = " · ".join(part for part in (word(LOGS, kind), sensor) if part)
            yield Choice(_("missing: %(log)s") % {"log": lacking}, self.address(missing=""), True)
        if self.standing:
            words = [str(STANDINGS[Standing(one)][1]) for one in self.standing.split(",")]
            yield Choice(", ".join(words), self.address(standing=""), True)
        if moment := _moment(self.opened):
            yield Choice(_("new since %(moment)s") % {"moment": full(moment)}, self.address(opened=""), True)


def _day(text: str) -> date | None:
    try:
        return typed_day(text)
    except ValueError:
        return None


def _moment(text: str) -> datetime | None:
    """The moment of an address; None without one, and for what is none or has no zone."""
    try:
        moment = datetime.fromisoformat(text)
        reckoned(moment.date())
    except ValueError:
        return None
    return moment if moment.tzinfo else None
