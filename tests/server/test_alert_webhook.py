"""Messages over HTTP, as a program sends them: kept before they are acknowledged, refused with what to do next."""

import hashlib
import hmac
import json

import pytest
from django.conf import settings

from tests import cast, loops
from tests.alerts.sources import count, declare, eve, lines
from tests.cast import NOON
from vonggac.alerts.models import Progress
from vonggac.alerts.services import sources
from vonggac.flows.alert_raw import spools
from vonggac.flows.alert_spools import collectors, count_waiting
from vonggac.lake.spool import end_of
from vonggac.server import alert_webhook
from vonggac.server.alert_webhook import AlertWebhook
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db(transaction=True)
DESK = system("tests")


async def elsewhere(scope, receive, send):
    await send({"type": "http.response.start", "status": 299, "headers": []})
    await send({"type": "http.response.body", "body": b"{}"})


@pytest.fixture
def webhook(db):
    cast_of = cast.assemble()
    with scoped(DESK):
        for other in collectors():
            end = end_of(spools() / other)
            Progress.objects.create(collector=other, segment=end.segment, offset=end.offset)
    made = AlertWebhook(elsewhere)
    made.people = cast_of
    yield made
    if made._spool is not None:
        made._spool.close()


def call(webhook, path, body=b"", method="POST", parts=1, **headers):
    """Status and answer of one request, its body in so many parts."""
    step = -(-len(body) // parts) or 1
    chunks = [body[n : n + step] for n in range(0, len(body), step)] or [b""]
    messages = [
        {"type": "http.request", "body": chunk, "more_body": place < len(chunks) - 1}
        for place, chunk in enumerate(chunks)
    ]
    sent = []

    async def receive():
        return messages.pop(0)

    async def send(message):
        sent.append(message)

    told = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "path": path, "method": method, "headers": told}
    loops.run(webhook(scope, receive, send))
    return sent[0]["status"], json.loads(sent[1]["body"])


def with_token(source):
    with scoped(DESK):
        return f"Bearer {sources.give_token(source, at=NOON)}"


def forget(webhook):
    """Past the time for which keys are remembered."""
    webhook._read_at = -alert_webhook.KNOWN_SECONDS


def test_a_message_is_kept_and_counted(webhook):
    token = with_token(declare(webhook.people, "hook"))
    body = lines(*(eve(n) for n in range(100)))
    status, answer = call(webhook, "/api/v1/alerts/hook", body, parts=3, authorization=token)
    assert (status, answer["kept"], answer["bytes"]) == (200, True, len(body))
    assert call(webhook, "/api/v1/alerts/hook", body, authorization=token, idempotency_key="1")[0] == 200
    assert call(webhook, "/api/v1/alerts/hook", body, authorization=token, idempotency_key="1")[0] == 200
    count_waiting(at=NOON)
    assert count() == 200


@pytest.mark.parametrize("token", ["", "Bearer vga_wrong", "Basic x"])
def test_without_the_token_nothing_is_kept(webhook, token):
    with_token(declare(webhook.people, "hook"))
    for name in ("hook", "nobody"):
        status, answer = call(webhook, f"/api/v1/alerts/{name}", b"x", authorization=token)
        assert (status, answer["status"]) == (401, 401)
    assert webhook._spool is None


def test_a_token_opens_no_other_source_and_ends_with_the_next(webhook):
    first, other = declare(webhook.people, "one"), declare(webhook.people, "two")
    old, token = with_token(first), with_token(first)
    with_token(other)
    assert call(webhook, "/api/v1/alerts/two", b"x", authorization=token)[0] == 401
    assert call(webhook, "/api/v1/alerts/one", b"x", authorization=old)[0] == 401
    assert call(webhook, "/api/v1/alerts/one", b"x", authorization=token)[0] == 200
    with scoped(DESK):
        sources.retire(first, at=NOON)
    forget(webhook)
    assert call(webhook, "/api/v1/alerts/one", b"x", authorization=token)[0] == 401


def test_a_source_that_signs_is_taken_by_its_signature_only(webhook):
    source = declare(webhook.people, "signed", is_signed=True)
    token, body = with_token(source), lines(eve())
    secret = sources.secret_of(source.pk, source.secret_number, settings.SECRET_KEY).encode()
    right = "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()
    path = "/api/v1/alerts/signed"
    assert call(webhook, path, body, authorization=token)[0] == 401
    assert call(webhook, path, body + b" ", authorization=token, x_vonggac_signature=right)[0] == 401
    assert call(webhook, path, body, authorization=token, x_vonggac_signature=right)[0] == 200


def test_limits_are_told(webhook, monkeypatch):
    token = with_token(declare(webhook.people, "hook"))
    monkeypatch.setattr(alert_webhook, "MOST_BYTES", 1_000)
    assert call(webhook, "/api/v1/alerts/hook", b"x" * 1_001, parts=4, authorization=token)[0] == 413
    assert call(webhook, "/api/v1/alerts/hook", b"", authorization=token)[0] == 422
    assert call(webhook, "/api/v1/alerts/hook", method="GET")[0] == 405


def test_a_full_disk_is_told_so_that_the_sender_sends_again(webhook):
    token = with_token(declare(webhook.people, "hook"))
    assert call(webhook, "/api/v1/alerts/hook", b"x", authorization=token)[0] == 200
    webhook._spool._reserve_bytes = 1 << 62
    status, answer = call(webhook, "/api/v1/alerts/hook", b"x", authorization=token)
    assert status == 503
    assert "nothing more can be kept" in answer["detail"]


def test_every_other_address_is_the_desks(webhook):
    assert call(webhook, "/api/v1/cases", method="GET")[0] == 299
