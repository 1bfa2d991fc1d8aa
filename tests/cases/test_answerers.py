"""Who acknowledged or answered a case, as the search knows it; of times before, as the ledger tells it."""

from importlib import import_module

import pytest
from django.db import connection

from tests import cast
from vonggac.cases import services as cases
from vonggac.cases.models import Answerer, Kind
from vonggac.cases.services import Answer, Opening
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db


def kept() -> set[tuple[int, str, str]]:
    return set(Answerer.objects.values_list("case_id", "org_path", "ending"))


def test_the_names_of_before_are_taken_from_the_ledger_as_new_ones_are_kept(people):
    office = people.organisations["so-y-te"]
    with scoped(system("tests")):
        case, disputed, silent = cases.open_many(
            [Opening(office, Kind.BOTNET_HOST, f"m-0{n}", "Máy", 3, "", None) for n in range(3)], at=cast.NOON
        )
        cases.acknowledge(case.pk, at=cast.NOON, by="  Trần  ĐÀO ", via="link")
        cases.claim(case.pk, Answer("xong", "Trần Đào"), at=cast.NOON)
        long_name = Answer("không phải máy của chúng tôi", "một hai ba bốn năm sáu bảy tám chín")
        cases.dispute(disputed.pk, long_name, at=cast.NOON)
        cases.close(silent.pk, "không ai trả lời", at=cast.NOON)
        names = kept()
        of_case = {ending for one, _path, ending in names if one == case.pk}
        of_disputed = {ending for one, _path, ending in names if one == disputed.pk}
        assert of_case == {"tran dao", "dao"}
        assert "tam chin" in of_disputed
        assert "chin" not in of_disputed
        assert {path for _case, path, _ending in names} == {office.path}
        assert len(names) == len(of_case) + len(of_disputed)
        Answerer.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute(import_module("vonggac.cases.migrations.0011_answerer").KEEP)
        assert kept() == names
