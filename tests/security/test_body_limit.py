"""Requests larger than the desk takes are refused before they are kept."""

from tests import loops
from vonggac.server.body_limit import ALLOWANCE_BYTES, BodyLimit

LIMIT = 1000


def played(headers: list[tuple[bytes, bytes]], parts: list[bytes]) -> tuple[list[dict], list[dict]]:
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
    return sent, given


def test_a_small_request_passes_as_it_is():
    sent, given = played([(b"content-length", b"3")], [b"abc"])
    assert sent[0]["status"] == 200
    assert given[0]["body"] == b"abc"


def test_an_announced_giant_is_answered_before_it_is_read():
    sent, given = played([(b"content-length", str(LIMIT + ALLOWANCE_BYTES + 1).encode())], [b"abc"])
    assert sent[0]["status"] == 413
    assert given == []


def test_a_giant_that_hides_its_length_is_hung_up_on():
    _, given = played([], [b"x" * ALLOWANCE_BYTES, b"x" * LIMIT, b"x"])
    assert [message["type"] for message in given] == ["http.request", "http.request", "http.disconnect"]


def test_nonsense_as_a_length_is_counted_instead():
    sent, _ = played([(b"content-length", b"-5")], [b"abc"])
    assert sent[0]["status"] == 200
