"""Who acknowledged or answered a case, as the search knows it; of times before, as the ledger tells it."""

from importlib import import_module

import pytest
from django.db import connections

from tests import cast
from vonggac.cases import queries
from vonggac.cases import services as cases
from vonggac.cases.models import LONGEST_ENDING, Answerer, Case, Kind
from vonggac.cases.services import Answer, Opening
from vonggac.flows.personal_data import ERASED
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db


def kept() -> set[tuple[int, str, str]]:
    return set(Answerer.objects.values_list("case_id", "org_path", "ending"))


def endings_of(case: Case) -> set[str]:
    return {ending for one, _path, ending in kept() if one == case.pk}


def opened(people: cast.Cast, number: int) -> list[Case]:
    office = people.organisations["so-y-te"]
    openings = [Opening(office, Kind.BOTNET_HOST, f"m-0{n}", "Máy", 3, "", None) for n in range(number)]
    return cases.open_many(openings, at=cast.NOON)


@pytest.mark.django_db(databases=["default", "owner"], transaction=True)
def test_the_names_of_before_are_taken_from_the_ledger_as_new_ones_are_kept(people):
    with scoped(system("tests")):
        case, disputed, silent, erased, undone = opened(people, 5)
        cases.acknowledge(case.pk, at=cast.NOON, by="  Trần  ĐÀO ", via="link")
        cases.claim(case.pk, Answer("xong", "Trần Đào"), at=cast.NOON)
        long_name = Answer("không phải máy của chúng tôi", "một hai ba bốn năm sáu bảy tám chín")
        cases.dispute(disputed.pk, long_name, at=cast.NOON)
        cases.close(silent.pk, "không ai trả lời", at=cast.NOON)
        cases.acknowledge(undone.pk, at=cast.NOON, by="Trần Nhầm")
        cases.undo(undone.pk, cases.last_move(undone.pk).pk, at=cast.NOON)
        cases.acknowledge(undone.pk, at=cast.NOON, by="x" * 300)
        cases.claim(erased.pk, Answer("xong", "Lê Cũ"), at=cast.NOON)
        cases.close(erased.pk, "xong", at=cast.NOON)
        # As the erasing leaves it.
        Case.objects.filter(pk=erased.pk).update(claimed_by=ERASED)
        Answerer.objects.filter(case=erased).delete()
        names = kept()
        assert endings_of(case) == {"tran dao", "dao"}
        assert "tam chin" in endings_of(disputed)
        assert "chin" not in endings_of(disputed)
        assert endings_of(undone) == {"x" * LONGEST_ENDING}
        assert {path for _case, path, _ending in names} == {people.organisations["so-y-te"].path}
        assert not endings_of(silent)
        Answerer.objects.all().delete()
    # As a migration runs: under the owner, who sees nothing without the bounds that it sets itself.
    with connections["owner"].cursor() as cursor:
        cursor.execute(import_module("vonggac.cases.migrations.0011_answerer").KEEP)
    with scoped(system("tests")):
        assert kept() == names


def test_a_name_goes_with_the_act_that_was_undone_unless_another_bears_it(people):
    with scoped(system("tests")):
        (case,) = opened(people, 1)
        cases.acknowledge(case.pk, at=cast.NOON, by="Trần Đào")
        for name, left in (("Lê Đào", {"tran dao", "dao"}), ("Trần Đào", {"tran dao", "dao"})):
            cases.claim(case.pk, Answer("xong", name), at=cast.NOON)
            cases.undo(case.pk, cases.last_move(case.pk).pk, at=cast.NOON)
            assert endings_of(case) == left


def test_an_acknowledgement_that_was_undone_leaves_no_name(people):
    with scoped(system("tests")):
        (case,) = opened(people, 1)
        for _time in range(2):
            cases.acknowledge(case.pk, at=cast.NOON, by="Trần Đào")
            cases.undo(case.pk, cases.last_move(case.pk).pk, at=cast.NOON)
            assert endings_of(case) == set()


def test_of_very_many_who_are_called_alike_the_newest_cases_are_found(people):
    with scoped(system("tests")):
        made = opened(people, 1_010)
        rows = [Answerer(case=case, org_path=case.org_path, ending="tran an") for case in made[:-2]]
        rows += [Answerer(case=case, org_path=case.org_path, ending="tran binh") for case in made[-2:]]
        Answerer.objects.bulk_create(rows)
        assert [case.pk for case in queries.search("Trần", rows=3)] == [case.pk for case in made[:-4:-1]]


def test_a_name_longer_than_is_kept_is_found_by_what_is_kept_of_it(people):
    with scoped(system("tests")):
        (case,) = opened(people, 1)
        cases.acknowledge(case.pk, at=cast.NOON, by="x" * 300)
        assert [found.pk for found in queries.search("x" * 300)] == [case.pk]
