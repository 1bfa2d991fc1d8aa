"""Requests larger than the desk takes are refused before they are kept."""

import pytest

from tests import loops
from vonggac.server.body_limit import ALLOWANCE_BYTES, BodyLimit

LIMIT = 1000


def played(
    headers: list[tuple[bytes, bytes]], parts: list[bytes], *, all_are_read: bool = False
) -> tuple[list[dict], list[dict]]:
    """What was sent back, and what the application behind the limit was given."""
    sent, given = [], []

    async def application(scope, receive, send):
        while True:
            message = await receive()
            given.append(message)
            if not message.get("more_body"):
                break
        await send({"type": "http.response.start", "status": 200})

    waiting = [
        {"type": "http.request", "body": part, "more_body": number < len(parts) - 1}
        for number, part in enumerate(parts)
    ]

    async def receive():
        return waiting.pop(0)

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "headers": headers}
    loops.run(BodyLimit(application, LIMIT)(scope, receive, send))
    assert not (all_are_read and waiting)
    return sent, given


def test_a_small_request_passes_as_it_is():
    sent, given = played([(b"content-length", b"3")], [b"abc"])
    assert sent[0]["status"] == 200
    assert given[0]["body"] == b"abc"


def test_an_announced_giant_is_answered_before_it_is_read():
    sent, given = played([(b"content-length", str(2 * (LIMIT + ALLOWANCE_BYTES) + 1).encode())], [])
    assert sent[0]["status"] == 413
    assert given == []


@pytest.mark.parametrize("parts", [[b"x" * LIMIT, b"x" * LIMIT, b"x" * ALLOWANCE_BYTES], [b"cut short"]])
def test_what_is_a_little_too_large_is_thrown_away_before_the_answer_so_that_the_sender_reads_it(parts: list[bytes]):
    size = 2 * LIMIT + ALLOWANCE_BYTES
    sent, given = played([(b"content-length", str(size).encode())], parts, all_are_read=True)
    assert sent[0]["status"] == 413
    assert b"split it" in sent[1]["body"]
    assert given == []


def test_a_giant_that_hides_its_length_is_hung_up_on():
    _, given = played([], [b"x" * ALLOWANCE_BYTES, b"x" * LIMIT, b"x"])
    assert [message["type"] for message in given] == ["http.request", "http.request", "http.disconnect"]


def test_nonsense_as_a_length_is_counted_instead():
    sent, _ = played([(b"content-length", b"-5")], [b"abc"])
    assert sent[0]["status"] == 200
