"""A real worker killed while it answers a coordinator: no answer is lost, the one in hand comes twice under one key."""

import signal
from collections import Counter

import pytest

from tests import cast
from tests.alerts.sources import declare
from tests.flows.test_killed_pager import Scene, scene, wait  # noqa: F401  the scene is a fixture
from vonggac.alerts.models import Interface, Notice, Reply
from vonggac.alerts.rules import Told
from vonggac.alerts.services import notices
from vonggac.duty.channels import vault
from vonggac.jobs.clock import now
from vonggac.ledger.models import Entry
from vonggac.server.home import Home
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db(transaction=True)
DESK = system("tests")


def answers(scene: Scene, number: int) -> None:  # noqa: F811
    """So many notices of a coordinator, each with an answer that waits to be sent."""
    source, at = declare(cast.assemble(), "platform", format_name="json", is_coordinator=True), now()
    with scoped(DESK):
        request = {"url": f"{scene.provider.address}/{{to}}", "body": '{"text": "{text}"}'}
        Interface.objects.create(source=source, org_path=source.org_path, request=request, secrets=vault.sealed({}))
        for one in range(number):
            notice = Notice.objects.create(
                source=source, org_path=source.org_path, identifier=f"DP-{one}", title="Kết nối C2", received_at=at
            )
            notices.ask_to_send(notice.pk, Told.ANSWER, f"Đã cách ly {one}", by="Hà", at=at)


def sent() -> int:
    with scoped(DESK):
        return Reply.objects.filter(sent_at__isnull=False).count()


@pytest.mark.slow
def test_a_worker_killed_amid_an_answer_sends_it_once_more_under_its_key_and_loses_none(scene, settings, tmp_path):  # noqa: F811
    settings.VONGGAC_HOME = Home(tmp_path / "home")
    settings.VONGGAC_HOME.prepare()
    scene.provider.slow_seconds = 0.5
    answers(scene, 3)
    worker = scene.start()
    wait(lambda: len(scene.provider.requests) == 2)
    worker.send_signal(signal.SIGKILL)
    worker.wait(10)
    in_hand = scene.provider.requests[1].headers["Idempotency-Key"]
    assert sent() == 1, "the coordinator has it, the desk does not know it"
    with scoped(DESK):
        # As if its lease had run out meanwhile.
        Reply.objects.filter(key=in_hand).update(next_try_at=now())
    scene.start()
    wait(lambda: sent() == 3)
    taken = Counter(request.headers["Idempotency-Key"] for request in scene.provider.requests)
    with scoped(DESK):
        assert set(taken) == set(Reply.objects.values_list("key", flat=True))
        assert Entry.objects.filter(act="alert_notice.answer").count() == 3
        assert not Reply.objects.filter(next_try_at__isnull=False).exists()
    assert [key for key, times in taken.items() if times == 2] == [in_hand]
    bodies = {request.body for request in scene.provider.requests if request.headers["Idempotency-Key"] == in_hand}
    assert len(bodies) == 1, "the same words both times"
