"""Whoever writes several cases takes them in one order: two at one moment never wait for each other."""

import random
import threading
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import pytest
from django.db import connections

from tests import cast
from tests.flows.test_two_imports import at_once
from vonggac.cases import proof, services
from vonggac.cases.models import Case, Evidence, Kind
from vonggac.cases.proof import Verdict, VerdictState
from vonggac.cases.services import Answer, Opening
from vonggac.flows import assessment, reorganisation
from vonggac.register.services.succession import DatedAct
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db(transaction=True)
CASES = 60
HOUR = timedelta(hours=1)


@pytest.fixture
def claimed(people, monkeypatch) -> list[int]:
    """Claims of one ward that a rule of this test judges: at an odd hour the odd ones anew, else the others."""

    def assessor(batch: Sequence[int], at: datetime) -> Iterator[tuple[int, Verdict]]:
        for case_id in batch:
            is_anew = case_id % 2 == at.hour % 2
            yield case_id, Verdict(VerdictState.NOT_OBSERVABLE, (f"từ {at:%H:%M}" if is_anew else "chưa có nhật ký",))

    monkeypatch.setitem(proof._assessors, "test_rule", assessor)
    ward = people.organisations["p-vinh-hai"]
    with scoped(system("tests")):
        made = services.open_many(
            [
                Opening(ward, Kind.BOTNET_HOST, f"PC-{n}", f"PC-{n}", 3, "", None, rule="test_rule")
                for n in range(CASES)
            ],
            at=cast.NOON,
        )
        for case in made:
            services.claim(case.pk, Answer("đã cài lại", "Lan"), at=cast.NOON)
    return [case.pk for case in made]


def assess(hours: int) -> None:
    assessment.assess(at=cast.NOON + hours * HOUR, within=lambda: scoped(system("proof")))


def test_two_who_judge_the_same_claims_at_two_moments_both_come_to_an_end(claimed):
    for hour in range(1, 9, 2):
        at_once(lambda hour=hour: assess(hour), lambda hour=hour: assess(hour + 1))
    with scoped(system("tests")):
        assert Case.objects.filter(pk__in=claimed, proof_at__gte=cast.NOON + 7 * HOUR).count() == CASES


def test_a_judgement_and_people_who_take_the_cases_in_any_order_all_come_to_an_end(claimed):
    def by_hand(seed: int) -> None:
        order = random.Random(seed).sample(claimed, CASES)  # noqa: S311
        with scoped(system("tests")):
            services.hold(order)
            for case_id in order:
                services.raise_priority(case_id, 1 + seed % 2, "gấp", at=cast.NOON)

    at_once(*(lambda seed=seed: by_hand(seed) for seed in range(4)), lambda: assess(1), lambda: assess(2))
    with scoped(system("tests")):
        assert set(Case.objects.filter(pk__in=claimed).values_list("priority", flat=True)) == {1}


def test_a_dated_act_that_moves_a_ward_beside_a_judgement_comes_to_an_end(people, claimed):
    ward, department = people.organisations["p-vinh-hai"], people.organisations["so-tttt"]
    with scoped(system("tests")):
        # Rows lie where their last version was written: the first half goes to the end.
        for case_id in reversed(claimed):
            services.raise_priority(case_id, 2, "gấp", at=cast.NOON)

    def move() -> None:
        with scoped(system("tests")):
            act = DatedAct("Nghị quyết 1", cast.NOON.date())
            reorganisation.move(ward, department, act, at=cast.NOON)

    at_once(move, lambda: assess(1), lambda: assess(2))
    with scoped(system("tests")):
        assert set(Case.objects.filter(pk__in=claimed).values_list("org_path", flat=True)) == {
            f"{department.path}{ward.pk:06d}/"
        }


def test_what_points_at_a_case_is_written_while_somebody_holds_the_case(claimed):
    written = threading.Event()

    def write() -> None:
        with scoped(system("tests")):
            path = Case.objects.get(pk=claimed[0]).org_path
            Evidence.objects.create(
                case_id=claimed[0], org_path=path, name="a.txt", sha256="0" * 64, size=1, media_type="text/plain",
                added_at=cast.NOON, added_by="Lan",
            )  # fmt: skip
        written.set()
        connections.close_all()

    thread = threading.Thread(target=write)
    with scoped(system("tests")):
        services.hold(claimed)
        thread.start()
        assert written.wait(20)
    thread.join()
