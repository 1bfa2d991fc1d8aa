"""“Next day” pressed again before the first press has come to its end."""

import pytest

from tests.exercise.test_desk import lay_world
from tests.flows.test_two_imports import at_once
from vonggac.exercise import desk
from vonggac.flows import assessment
from vonggac.jobs.clock import now
from vonggac.server.home import Home
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db(transaction=True)


def press() -> None:
    # A press is one transaction, as every page's.
    with scoped(system("tests")):
        desk.next_day()


def test_two_presses_at_once_beside_the_worker_play_two_days_one_after_the_other(own_home: Home):
    lay_world(own_home)
    desk.begin(pytest.fail)
    begins = desk.state().played_until
    at_once(press, press, lambda: assessment.assess(at=now(), within=lambda: scoped(system("proof"))))
    assert desk.state().played_until - begins == 2 * desk.DAY
