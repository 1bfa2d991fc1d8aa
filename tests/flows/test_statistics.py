"""The application has the planner's statistics renewed without owning a table."""

import pytest
from django.db import connection

from tests import cast
from vonggac.cases import services as cases
from vonggac.cases.models import Kind
from vonggac.cases.services import Opening
from vonggac.flows.statistics import renew_soon
from vonggac.jobs import run_waiting
from vonggac.tenancy.scope import scoped, system


def estimate() -> float:
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE relname = 'cases_case'")
        return float(cursor.fetchone()[0])


@pytest.mark.django_db
def test_after_a_bulk_insert_the_planner_knows_how_many_cases_there_are():
    people = cast.assemble()
    commune = people.organisations["p-vinh-hai"]
    before = estimate()
    with scoped(system("tests")):
        cases.open_many(
            (Opening(commune, Kind.BOTNET_HOST, f"host-{n}", "…", 3, "", None) for n in range(500)), at=cast.NOON
        )
        renew_soon()
        renew_soon()
    assert run_waiting() == 1
    assert before < 500
    assert estimate() == 500
