"""A directive's whole life against a notebook: bound, passed on, answered, extended, disputed, recalled, superseded."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from tests import cast
from tests.directives.test_directives import READING
from vonggac.cases import services as cases
from vonggac.cases.models import Case
from vonggac.cases.services import Answer
from vonggac.directives import services
from vonggac.directives.models import Audience, Directive, Obligation
from vonggac.directives.services import Entering, Received
from vonggac.errors import InputError, WrongState
from vonggac.flows import directive as flow
from vonggac.ledger.models import Entry
from vonggac.regimes import regime
from vonggac.tenancy.scope import Scope, scoped, system

HOUR = timedelta(hours=1)
# As the reading says, in Hà Nội: clause 1.c before 1 May, all else by the end of the period.
MAY_DAY, PERIOD_ENDS = datetime(2026, 5, 1, 17, tzinfo=UTC), datetime(2026, 5, 7, 17, tzinfo=UTC)
OFFICE = "hai-van"
BELOW = ("so-tttt", "so-y-te", "p-vinh-hai", "vien-thong")
# What the regime makes of the reading: everybody right below is bound by 1.a and 1.c, the telco by 2.a as well.
BOUND = {(label, code) for label in ("1.a", "1.c") for code in BELOW} | {("2.a", "vien-thong")}
NEXT = dict(READING, number="40", references=["31/BAN-ATM"])
Key = tuple[str, str]


@dataclass
class Line:
    """One obligation in the notebook; `above` is the one it was made from."""

    due_at: datetime
    state: str = "sent"
    claim: str = "none"
    part: str = "own"
    above: Key | None = None
    is_recalled: bool = False


@dataclass
class Notebook:
    """The directive and its lines by (clause, organisation)."""

    state: str = "confirmed"
    ends: datetime = PERIOD_ENDS
    lines: dict[Key, Line] = field(default_factory=dict)
    readers: set[str] = field(default_factory=set)


class LifeOfADirective(RuleBasedStateMachine):
    """The office, its departments and their units; every act as the desk would call it."""

    people: cast.Cast

    def __init__(self) -> None:
        super().__init__()
        self.undone = transaction.atomic()
        self.undone.__enter__()
        self.entered = scoped(system("tests"))
        self.entered.__enter__()
        self.now = cast.NOON
        self.codes = {organisation.pk: code for code, organisation in self.people.organisations.items()}
        office = self.people.organisations[OFFICE]
        rules = regime.on(date(2026, 4, 20))
        upload = Received("31.txt", "ab" * 32, 900, "…")
        self.old, self.new = services.receive(upload, [READING, NEXT], office, rules, at=self.now)
        flow.confirm(self.old.pk, Entering(date(2026, 4, 20), lead=self.people.organisations["so-tttt"]), at=self.now)
        self.book = Notebook(readers=set(BELOW))
        for label, code in BOUND:
            due = MAY_DAY if label == "1.c" else PERIOD_ENDS
            self.book.lines[label, code] = Line(due, part="lead" if code == "so-tttt" else "own")

    def teardown(self) -> None:
        """Nothing of an example is left for the next one."""
        self.entered.__exit__(None, None, None)
        transaction.set_rollback(True)
        self.undone.__exit__(None, None, None)

    def found(self, key: Key) -> Obligation:
        """The obligation of a line."""
        return Obligation.objects.get(directive=self.old, clause__label=key[0], organisation__code=key[1])

    def chosen(self, number: int) -> tuple[Key, Line]:
        """Any line."""
        key = sorted(self.book.lines)[number % len(self.book.lines)]
        return key, self.book.lines[key]

    def when_in_force(self, call: Callable[[], Any]) -> bool:
        """True after the act; False where the directive is no longer in force, and the act was refused."""
        self.now += HOUR
        if self.book.state == "confirmed":
            call()
            return True
        with pytest.raises(WrongState):
            call()
        return False

    def send(self, key: Key, due_at: datetime, part: str, above: Key | None) -> None:
        """Write down an obligation, unless that clause binds the organisation already."""
        if key not in self.book.lines:
            self.book.lines[key] = Line(due_at, part=part, above=above)
        self.book.readers.add(key[1])

    @rule(number=st.integers(0, 99))
    def claim(self, number: int) -> None:
        key, line = self.chosen(number)
        if line.state not in {"closed", "disputed"}:
            cases.claim(self.found(key).case_id, Answer("xong", "Lan"), at=self.now)
            line.state, line.claim = "claimed", "done"

    @rule(number=st.integers(0, 99))
    def close(self, number: int) -> None:
        key, line = self.chosen(number)
        if line.state != "closed":
            cases.close(self.found(key).case_id, "đã kiểm tra", at=self.now)
            line.state = "closed"

    @rule(number=st.integers(0, 99), to=st.sampled_from(["bv-da-khoa", "p-vinh-hai"]))
    def forward(self, number: int, to: str) -> None:
        key, line = self.chosen(number)
        unit = self.people.organisations[to]
        if self.book.state == "confirmed" and not unit.path.startswith(self.people.organisations[key[1]].path):
            with pytest.raises(InputError, match="own units"):
                flow.forward(self.found(key).pk, [unit], at=self.now)
        elif self.when_in_force(lambda: flow.forward(self.found(key).pk, [unit], at=self.now)) and to != key[1]:
            self.send((key[0], to), line.due_at, "own", key)

    @rule(number=st.integers(0, 99), to=st.sampled_from(["bv-da-khoa", "dong-son", "so-y-te"]))
    def assist(self, number: int, to: str) -> None:
        key, line = self.chosen(number)
        body = self.people.organisations[to]
        if self.when_in_force(lambda: flow.assist(self.found(key).pk, [body], at=self.now)):
            line.part = "lead"
            if to != key[1]:
                self.send((key[0], to), line.due_at, "cooperate", key)

    @rule(number=st.integers(0, 99), to=st.sampled_from([*BELOW, "bv-da-khoa", "dong-son", None]))
    def dispute_and_settle(self, number: int, to: str | None) -> None:
        key, line = self.chosen(number)
        if line.state not in {"sent", "acknowledged", "in_progress"}:
            return
        self.now += HOUR
        obligation = self.found(key)
        cases.dispute(obligation.case_id, Answer("không phải của chúng tôi", "Lan"), at=self.now)
        owner = self.people.organisations[to] if to else None
        if to and to != key[1] and (key[0], to) in self.book.lines:
            with pytest.raises(InputError, match="bound by clause"):
                flow.settle(obligation.case_id, owner, "đúng", at=self.now)
            to = None
            flow.settle(obligation.case_id, None, "gửi trả", at=self.now)
        else:
            flow.settle(obligation.case_id, owner, "đúng", at=self.now)
        line.state, line.claim = "sent", "none"
        if to and to != key[1]:
            del self.book.lines[key]
            self.book.lines[key[0], to] = line
            self.book.readers.add(to)
            for other in self.book.lines.values():
                other.above = (key[0], to) if other.above == key else other.above

    @rule(days=st.integers(-3, 40))
    def extend(self, days: int) -> None:
        due = self.book.ends + timedelta(days=days)
        if self.book.state == "confirmed" and days <= 0:
            with pytest.raises(InputError, match="later"):
                flow.extend(self.old.pk, due, "gia hạn", at=self.now)
        elif self.when_in_force(lambda: flow.extend(self.old.pk, due, "gia hạn", at=self.now)):
            self.book.ends = due
            for line in self.book.lines.values():
                if line.state != "closed":
                    line.due_at = max(line.due_at, due)

    @rule(number=st.integers(0, 99), days=st.integers(1, 90))
    def give_one_more_time(self, number: int, days: int) -> None:
        key, line = self.chosen(number)
        line.due_at += timedelta(days=days)
        cases.extend(self.found(key).case_id, line.due_at, "máy ở xa", at=self.now)

    @rule()
    def bind_again(self) -> None:
        if self.when_in_force(lambda: flow.bind_again(self.old.pk, at=self.now)):
            for label, code in BOUND:
                own = MAY_DAY if label == "1.c" else self.book.ends
                self.send((label, code), own, "lead" if code == "so-tttt" else "own", None)

    @precondition(lambda self: self.book.state == "confirmed")
    @rule(is_recall=st.booleans(), odds=st.integers(0, 2))
    def end(self, is_recall: bool, odds: int) -> None:
        if odds:  # an example that ends at once shows little
            return
        self.now += HOUR
        if is_recall:
            flow.recall(self.old.pk, "công văn thu hồi", at=self.now)
        else:
            flow.confirm(self.new.pk, Entering(date(2026, 4, 21)), at=self.now)
            flow.supersede(self.old.pk, self.new.pk, at=self.now)
        self.book.state = "recalled" if is_recall else "superseded"
        for line in self.book.lines.values():
            line.state, line.is_recalled = "closed", True

    @rule(subject=st.sampled_from(["khác", "bảo đảm an toàn dịp lễ"]))
    def correct(self, subject: str) -> None:
        """A corrected field is a line of the ledger and changes no work."""
        before = Entry.objects.filter(act="directive.correct").count()
        has_changed = Directive.objects.get(pk=self.old.pk).subject != subject
        services.correct(self.old.pk, {"subject": subject}, at=self.now)
        assert Entry.objects.filter(act="directive.correct").count() == before + has_changed

    @invariant()
    def agrees_with_the_notebook(self) -> None:
        found: dict[Key, Line] = {}
        keys: dict[int, Key] = {}
        rows = Obligation.objects.filter(directive=self.old).select_related("clause", "organisation", "case")
        for row in rows:
            assert row.org_path == row.organisation.path == row.case.org_path
            assert row.organisation_id == row.case.organisation_id
            keys[row.pk] = row.clause.label, self.codes[row.organisation_id]
        for row in rows:
            case = row.case
            assert case.due_at is not None
            found[keys[row.pk]] = Line(
                case.due_at, case.state, case.claim, row.part, keys.get(row.forwarded_from_id or 0),
                row.recalled_at is not None,
            )  # fmt: skip
        assert found == self.book.lines
        assert Directive.objects.get(pk=self.old.pk).state == self.book.state

    @invariant()
    def is_read_by_those_it_binds(self) -> None:
        paths = {self.people.organisations[code].path for code in self.book.readers}
        assert set(Audience.objects.filter(directive=self.old).values_list("org_path", flat=True)) == paths

    @invariant()
    def binds_nobody_who_cannot_see_it(self) -> None:
        key, _ = self.chosen(len(self.book.lines) // 2)
        with scoped(Scope("link:1", self.people.organisations[key[1]].path)):
            assert Directive.objects.filter(pk=self.old.pk).exists()
            assert Case.objects.filter(obligation__clause__label=key[0], organisation__code=key[1]).exists()


def test_any_order_of_acts_leaves_what_a_clerk_would_have_noted(db) -> None:
    LifeOfADirective.people = cast.assemble()
    run_state_machine_as_test(
        LifeOfADirective,
        settings=settings(
            max_examples=settings.default.max_examples * 2 // 5,
            stateful_step_count=15,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
