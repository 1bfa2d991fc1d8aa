"""Asking the rules goes batch by batch: what one batch showed stands, whatever becomes of the next."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import pytest

from tests import cast
from vonggac.cases import proof, services
from vonggac.cases.models import Case, Kind
from vonggac.cases.proof import Verdict, VerdictState
from vonggac.cases.services import Answer, Opening
from vonggac.flows import assessment
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def claimed(monkeypatch) -> list[Case]:
    """Three claims under a rule of this test, judged one a batch."""
    people = cast.assemble()
    ward = people.organisations["p-vinh-hai"]
    monkeypatch.setattr(assessment, "BATCH_CASES", 1)
    with scoped(system("tests")):
        made = services.open_many(
            [Opening(ward, Kind.BOTNET_HOST, f"PC-{n}", f"PC-{n}", 3, "", None, rule="test_rule") for n in range(3)],
            at=cast.NOON,
        )
        for case in made:
            services.claim(case.pk, Answer("đã cài lại", "Lan"), at=cast.NOON)
    return made


def judge(monkeypatch, fails_on: int | None = None) -> None:
    def assessor(batch: Sequence[int], at: datetime) -> Iterator[tuple[int, Verdict]]:
        for case_id in batch:
            if case_id == fails_on:
                raise RuntimeError("the machine is switched off")
            yield case_id, Verdict(VerdictState.PROVEN, ("sạch",))

    monkeypatch.setitem(proof._assessors, "test_rule", assessor)


def states(claimed: list[Case]) -> list[str]:
    with scoped(system("tests")):
        return list(
            Case.objects.filter(pk__in=[case.pk for case in claimed]).order_by("pk").values_list("state", flat=True)
        )


def test_every_batch_is_judged_and_counted(claimed, monkeypatch):
    judge(monkeypatch)
    assessment.assess_claims()
    assert states(claimed) == ["closed", "closed", "closed"]


def test_what_was_judged_before_a_crash_stands_and_the_next_run_does_the_rest(claimed, monkeypatch):
    judge(monkeypatch, fails_on=claimed[1].pk)
    with pytest.raises(RuntimeError, match="switched off"):
        assessment.assess_claims()
    assert states(claimed) == ["closed", "claimed", "claimed"]
    judge(monkeypatch)
    assessment.assess_claims()
    assert states(claimed) == ["closed", "closed", "closed"]


def test_each_batch_has_a_transaction_of_its_own(claimed, monkeypatch):
    judge(monkeypatch)
    opened = 0

    @contextmanager
    def within() -> Iterator[None]:
        nonlocal opened
        opened += 1
        with scoped(system("tests")):
            yield

    found = assessment.assess(at=cast.NOON, within=within)
    assert found["proven"] == 3
    assert opened == 5, "one for the rules, one for the claims, one for each batch"
