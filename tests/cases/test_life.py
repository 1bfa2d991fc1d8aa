"""The whole life of cases, in any order of acts, against what a clerk would keep in a notebook."""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests import cast
from vonggac.cases import judging, services, tallies
from vonggac.cases.models import Case, Finding, Kind, Tally
from vonggac.cases.models import Verdict as StoredVerdict
from vonggac.cases.proof import Verdict, VerdictState
from vonggac.cases.services import Answer, Opening
from vonggac.errors import InputError, WrongState
from vonggac.ledger.models import Entry
from vonggac.tenancy.scope import scoped, system

HOUR = timedelta(hours=1)
OWNERS = ("p-vinh-hai", "so-y-te", "bv-da-khoa")
UNDONE = ("acknowledge", "claim", "dispute", "refuse")
REPLACED = frozenset({"state", "claim", "proof", "reason", "claimed_at", "acknowledged_at"})
AT_WORK = {"sent", "acknowledged", "in_progress"}
# Mostly the first, so that it gets far; the second shows that acts keep to their case.
ONE = st.sampled_from([0, 0, 0, 1])
VERDICTS = st.lists(st.sampled_from(["open", "proven", "contradicted", "not_observable"]), min_size=1, max_size=4)
# A verdict may be the same for another reason: one more list, one more host.
WHY = st.sampled_from(["1 list", "2 lists"])
reasons = st.sampled_from(["máy của sở", "", "  "])


@dataclass
class Page:
    """A case as the notebook has it; the acts are those of the ledger."""

    owner: str
    state: str = "sent"
    claim: str = "none"
    proof: str = "none"
    claimed_at: datetime | None = None
    acknowledged_at: datetime | None = None
    closed_at: datetime | None = None
    due_at: datetime | None = None
    reopened: int = 0
    assignee: str | None = None
    verdicts: list[str] = field(default_factory=list)
    acts: list[str] = field(default_factory=lambda: ["case.open"])
    reason: str = field(default="", compare=False)
    replaced: dict[str, Any] | None = field(default=None, compare=False)
    """What the newest acknowledgement or answer took the place of, while nothing has moved the case since."""

    def forget_claim(self) -> None:
        """Nobody says anything any more."""
        self.claim, self.claimed_at = "none", None


class LifeOfCases(RuleBasedStateMachine):
    """Two cases of different owners, so that an act on one is seen to leave the other alone."""

    people: cast.Cast

    def __init__(self) -> None:
        super().__init__()
        self.undone = transaction.atomic()
        self.undone.__enter__()
        self.entered = scoped(system("tests"))
        self.entered.__enter__()
        self.now = cast.NOON
        self.cases: dict[int, Page] = {}
        self.paths = {code: organisation.path for code, organisation in self.people.organisations.items()}
        self.names = {person.pk: name for name, person in self.people.people.items()}

    def teardown(self) -> None:
        """Nothing of an example is left for the next one."""
        self.entered.__exit__(None, None, None)
        transaction.set_rollback(True)
        self.undone.__exit__(None, None, None)

    @initialize()
    def open(self) -> None:
        openings = [
            Opening(self.people.organisations[code], Kind.BOTNET_HOST, f"203.0.113.{n}", "Máy", 2, "", None, rule="r")
            for n, code in enumerate(OWNERS[:2])
        ]
        made = services.open_many(openings, at=self.now)
        self.cases = {case.pk: Page(code) for case, code in zip(made, OWNERS, strict=False)}
        for case in made:
            Finding.objects.create(case=case, org_path=case.org_path, source="s", subject=case.subject)

    def act(
        self, which: int, name: str, allowed: set[str], change: Callable[[Page], None], call: Callable[[int], Any],
        *, is_unfit: bool = False,
    ) -> None:  # fmt: skip
        """Do an act on one of the cases; where the notebook forbids it, it is refused and nothing changes."""
        self.now += HOUR
        case_id = sorted(self.cases)[which]
        page = self.cases[case_id]
        if is_unfit:
            with pytest.raises(InputError):
                call(case_id)
        elif page.state not in allowed:
            with pytest.raises(WrongState, match=page.state):
                call(case_id)
        else:
            # Only a claim puts an end to a verdict, so only its undoing lets the one before stand again.
            standing = {
                word: getattr(page, word) for word in REPLACED if word not in {"proof", "reason"} or name == "claim"
            }
            change(page)
            page.acts.append(f"case.{name}")
            if name not in {"hand_over", "extend"}:
                page.replaced = standing if name in UNDONE else None
            call(case_id)

    @rule(which=ONE)
    def acknowledge(self, which: int) -> None:
        page = self.cases[sorted(self.cases)[which]]
        if page.state != "sent":  # a link that is pressed twice is no mistake
            services.acknowledge(sorted(self.cases)[which], at=self.now, by="Lan")
            return

        def change(page: Page) -> None:
            page.state, page.acknowledged_at = "acknowledged", self.now

        self.act(which, "acknowledge", {"sent"}, change, lambda pk: services.acknowledge(pk, at=self.now, by="Lan"))

    @rule(which=ONE, name=st.sampled_from(["lan", "ha"]))
    def start(self, which: int, name: str) -> None:
        def change(page: Page) -> None:
            page.state, page.assignee = "in_progress", name
            page.acknowledged_at = page.acknowledged_at or self.now

        person = self.people.people[name]
        self.act(
            which, "start", {"sent", "acknowledged"}, change,
            lambda pk: services.start(pk, at=self.now, person=person),
        )  # fmt: skip

    @rule(which=ONE)
    def claim(self, which: int) -> None:
        def change(page: Page) -> None:
            page.state, page.claim, page.proof = "claimed", "done", "none"
            page.claimed_at, page.acknowledged_at = self.now, page.acknowledged_at or self.now

        self.act(
            which, "claim", AT_WORK | {"cannot_comply", "claimed"}, change,
            lambda pk: services.claim(pk, Answer("xong", "Lan"), at=self.now),
        )  # fmt: skip

    @rule(which=ONE, is_repeated=st.booleans(), found=VERDICTS, reason=WHY)
    def claim_anew_and_undo(self, which: int, is_repeated: bool, found: list[str], reason: str) -> None:
        """What stood before the claim stands again; what moved the case since is not undone with it."""
        if is_repeated:
            self.claim_and_be_judged(which, found, reason)
        self.claim(which)
        self.undo(which)

    @rule(which=ONE, reason=st.just("máy của sở"), is_dispute=st.booleans())
    def decline_and_undo(self, which: int, reason: str, is_dispute: bool) -> None:
        """Pressed on the wrong row."""
        self.decline(which, reason, is_dispute)
        self.undo(which)

    @rule(which=ONE)
    def acknowledge_and_undo(self, which: int) -> None:
        """Word of a unit that was another's."""
        self.acknowledge(which)
        self.undo(which)

    @rule(which=ONE)
    def undo(self, which: int) -> None:
        self.now += HOUR
        case_id = sorted(self.cases)[which]
        page = self.cases[case_id]
        acts = [f"case.{name}" for name in UNDONE]
        made = Entry.objects.filter(subject_kind="case", subject_id=case_id, act__in=acts).order_by("pk")
        number = made.last().pk if made else 0
        if page.replaced is None:
            with pytest.raises(WrongState, match="moved on"):
                services.undo(case_id, number, at=self.now)
            return
        for earlier in made[: max(0, made.count() - 1)]:
            with pytest.raises(WrongState, match="moved on"):
                services.undo(case_id, earlier.pk, at=self.now)
        for word, value in page.replaced.items():
            setattr(page, word, value)
        page.replaced = None
        page.acts.append("case.undo")
        services.undo(case_id, number, at=self.now)

    @rule(which=ONE)
    def withdraw(self, which: int) -> None:
        def change(page: Page) -> None:
            page.state, page.proof = "in_progress", "none"
            page.forget_claim()

        self.act(which, "withdraw", {"claimed"}, change, lambda pk: services.withdraw(pk, "nhầm", at=self.now))

    @rule(which=ONE, reason=reasons, is_dispute=st.booleans())
    def decline(self, which: int, reason: str, is_dispute: bool) -> None:
        name, state, claim = (
            ("dispute", "disputed", "not_ours") if is_dispute else ("refuse", "cannot_comply", "cannot")
        )

        def change(page: Page) -> None:
            page.state, page.claim, page.claimed_at = state, claim, self.now

        call = services.dispute if is_dispute else services.refuse
        self.act(
            which, name, AT_WORK, change, lambda pk: call(pk, Answer(reason, "Lan"), at=self.now),
            is_unfit=not reason.strip(),
        )  # fmt: skip

    @rule(which=ONE, owner=st.sampled_from([*OWNERS, None]))
    def settle(self, which: int, owner: str | None) -> None:
        def change(page: Page) -> None:
            if owner not in {None, page.owner}:
                page.owner, page.proof, page.assignee, page.acknowledged_at = owner, "none", None, None
            page.state = "sent"
            page.forget_claim()

        to = self.people.organisations[owner] if owner else None
        self.act(
            which, "settle", {"disputed", "cannot_comply"}, change,
            lambda pk: services.settle(pk, owner=to, reason="đúng", at=self.now),
        )  # fmt: skip

    @rule(which=ONE, reason=reasons)
    def close(self, which: int, reason: str) -> None:
        def change(page: Page) -> None:
            page.state, page.closed_at = "closed", self.now

        self.act(
            which, "close", {*AT_WORK, "claimed", "disputed", "cannot_comply"}, change,
            lambda pk: services.close(pk, reason, at=self.now), is_unfit=not reason.strip(),
        )  # fmt: skip

    @rule(which=ONE)
    def reopen(self, which: int) -> None:
        def change(page: Page) -> None:
            page.state, page.closed_at, page.reopened = "in_progress", None, page.reopened + 1

        self.act(which, "reopen", {"claimed", "closed"}, change, lambda pk: services.reopen(pk, "lại", at=self.now))

    @rule(which=ONE, name=st.sampled_from(["lan", "ha"]))
    def hand_over(self, which: int, name: str) -> None:
        person = self.people.people[name]
        self.act(
            which, "hand_over", {page.state for page in self.cases.values()},
            lambda page: setattr(page, "assignee", name),
            lambda pk: services.hand_over(pk, person, at=self.now),
        )  # fmt: skip

    @rule(which=ONE, days=st.integers(1, 30))
    def extend(self, which: int, days: int) -> None:
        due = self.now + timedelta(days=days)
        self.act(
            which, "extend", {page.state for page in self.cases.values()}, lambda page: setattr(page, "due_at", due),
            lambda pk: services.extend(pk, due, "lễ", at=self.now),
        )  # fmt: skip

    @rule(which=ONE, found=VERDICTS, reason=WHY, is_stale=st.booleans())
    def judge(self, which: int, found: list[str], reason: str, is_stale: bool) -> None:
        """Observation speaks about the claim that it was asked about, or about one that stands no more."""
        for word in found:
            self.hear(which, word, reason, is_stale=is_stale)

    def hear(self, which: int, found: str, reason: str, *, is_stale: bool) -> None:
        """One verdict."""
        self.now += HOUR
        case_id = sorted(self.cases)[which]
        page = self.cases[case_id]
        of_claim = cast.NOON - HOUR if is_stale or page.claimed_at is None else page.claimed_at
        judging.conclude(case_id, "r", Verdict(VerdictState(found), (reason,)), at=self.now, of_claim=of_claim)
        proof = "watching" if found == "open" else found
        if page.claim != "done" or of_claim != page.claimed_at or (page.proof, page.reason) == (proof, reason):
            return
        before, page.proof, page.reason = page.proof, proof, reason
        page.verdicts.append(proof)
        page.acts.append("case.verdict")
        if before == "contradicted" != proof and page.state == "in_progress":
            page.state = "claimed"
        if proof == "proven" and page.state == "claimed":
            page.state, page.closed_at = "closed", self.now
            page.acts.append("case.close")
            page.replaced = None
        elif proof == "contradicted" and page.state in {"claimed", "closed"}:
            page.state, page.closed_at, page.reopened = "in_progress", None, page.reopened + 1
            page.acts.append("case.reopen")
            page.replaced = None
        elif before == "proven" != proof and page.state == "closed":
            page.state, page.closed_at, page.reopened = "claimed", None, page.reopened + 1
            page.acts.append("case.reopen")
            page.replaced = None

    @rule(which=ONE, found=VERDICTS, reason=WHY)
    def claim_and_be_judged(self, which: int, found: list[str], reason: str) -> None:
        """What most cases live."""
        self.claim(which)
        for word in found:
            self.hear(which, word, reason, is_stale=False)

    @rule(which=ONE, owner=st.sampled_from([*OWNERS, None]), is_dispute=st.booleans(), was_judged=st.booleans())
    def go_back_and_come_again(self, which: int, owner: str | None, is_dispute: bool, was_judged: bool) -> None:
        """Declined and decided, perhaps after a claim that did not hold."""
        if was_judged:
            self.claim_and_be_judged(which, ["contradicted"], "1 list")
        self.decline(which, "máy của sở", is_dispute)
        self.settle(which, owner)

    @rule(owner=st.sampled_from(OWNERS))
    def reorganise(self, owner: str) -> None:
        """A dated act moves all open work to one organisation; what is closed stays where it was done."""
        self.now += HOUR
        services.move_open_work(sorted(self.cases), self.people.organisations[owner], act="NQ 1", at=self.now)
        for page in self.cases.values():
            if page.state != "closed":
                page.owner = owner
                page.acts.append("case.move")

    @invariant()
    def agrees_with_the_notebook(self) -> None:
        verdicts, acts = defaultdict(list), defaultdict(list)
        for case_id, proof, path in StoredVerdict.objects.order_by("pk").values_list("case_id", "proof", "org_path"):
            verdicts[case_id].append(proof)
            assert path == self.paths[self.cases[case_id].owner]
        for case_id, act in Entry.objects.filter(subject_kind="case").order_by("pk").values_list("subject_id", "act"):
            acts[case_id].append(act)
        for case in Case.objects.prefetch_related("findings"):
            page = self.cases[case.pk]
            found = Page(
                page.owner, case.state, case.claim, case.proof, case.claimed_at, case.acknowledged_at, case.closed_at,
                case.due_at, case.reopened_count, self.names.get(case.assignee_id), verdicts[case.pk], acts[case.pk],
            )  # fmt: skip
            assert found == page
            assert case.organisation_id == self.people.organisations[page.owner].pk
            assert {case.org_path, *(finding.org_path for finding in case.findings.all())} == {self.paths[page.owner]}

    @rule()
    def count(self) -> None:
        """Every case is counted where it stands, also after the counts were folded."""
        counted = Counter(Case.objects.values_list("org_path", "state", "proof"))
        for _ in range(2):
            rows = Tally.objects.values("org_path", "state", "proof").annotate(total=Sum("number"))
            assert Counter({(r["org_path"], r["state"], r["proof"]): r["total"] for r in rows if r["total"]}) == counted
            tallies.fold()


def test_any_order_of_acts_leaves_what_a_clerk_would_have_noted(db) -> None:
    LifeOfCases.people = cast.assemble()
    run_state_machine_as_test(
        LifeOfCases,
        settings=settings(
            max_examples=settings.default.max_examples * 2 // 5,
            stateful_step_count=20,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
