"""What a connection may send before it is closed, over a real one."""

import http.client
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
import uvicorn

from tests.server.desk_process import free_port
from vonggac.server.bounded_head import MOST_BYTES, MOST_WAITING, BoundedHead

GET = b"GET / HTTP/1.1\r\nHost: desk\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: desk\r\nTransfer-Encoding: chunked\r\n\r\n"
MUCH = 64 << 20


async def counting(scope: Any, receive: Any, send: Any) -> None:
    """Answer with how many bytes of a body came, or which fields the head has."""
    if scope["type"] != "http":
        return
    size, more = 0, True
    names = b" ".join(name for name, _value in scope["headers"])
    while more:
        message = await receive()
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": names if scope["path"] == "/names" else str(size).encode()})


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    number = free_port()
    server = uvicorn.Server(uvicorn.Config(counting, port=number, http=BoundedHead, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield number
    server.should_exit = True
    thread.join()


def sent(port: int, head: bytes, rest: bytes) -> int:
    """How much could be sent, of `MUCH` repetitions of the rest at most, until the connection was closed."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(head)
        number = 0
        try:
            while number < MUCH:
                connection.sendall(rest)
                number += len(rest)
        except OSError:
            pass
        return number


@pytest.mark.parametrize(
    ("head", "rest"),
    [
        pytest.param(b"GET /", b"a" * 9_000, id="an address without end"),
        pytest.param(GET + b"X-Long: ", b"a" * 9_000, id="a field without end"),
        pytest.param(GET, b"X-Many: a\r\n" * 900, id="fields without end"),
        pytest.param(CHUNKED + b"1\r\na\r\n1;a=", b"a" * 9_000, id="the extension of a chunk"),
        pytest.param(CHUNKED + b"1\r\na\r\n0\r\nX-Late: ", b"a" * 9_000, id="a trailer without end"),
    ],
)
def test_what_is_no_body_has_a_limit(port, head, rest):
    # What the buffers of both sides take is on its way before the end of the connection is seen.
    assert sent(port, head, rest) < MUCH


def test_what_stands_behind_a_body_is_no_field_of_its_head(port):
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        head = CHUNKED.replace(b"POST /", b"POST /names")
        connection.sendall(head + b"1\r\na\r\n0\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n")
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        assert answer.read() == b"host transfer-encoding"


UPGRADE = b"POST / HTTP/1.1\r\nHost: desk\r\nConnection: Upgrade%s\r\nUpgrade: h2c\r\nContent-Length: %d\r\n\r\n"


@pytest.mark.parametrize("more", [b"", b", HTTP2-Settings\r\nHTTP2-Settings: AAMAAABk", b"\r\nConnection: keep-alive"])
@pytest.mark.parametrize("pause", [0.0, 0.05])
def test_the_body_of_a_request_that_asks_for_another_protocol_is_its_own(port, pause, more):
    hidden = b"GET /names HTTP/1.1\r\nHost: desk\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        for piece in (UPGRADE % (more, len(hidden)), hidden, GET + b"Connection: close\r\n\r\n"):
            connection.sendall(piece)
            time.sleep(pause)
        answers = connection.makefile("rb").read()
    assert re.findall(rb"\n\w+\r\n(\w[ \w-]*)\r\n", answers) == [b"%d" % len(hidden), b"0"]


def test_a_connection_through_us_is_refused(port):
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(b"CONNECT desk:1 HTTP/1.1\r\nHost: desk\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n")
        assert connection.makefile("rb").read().startswith(b"HTTP/1.1 400")


def test_few_requests_wait_for_their_answers(port):
    most = b"".join(GET + b"X-Number: %d\r\n\r\n" % number for number in range(MOST_WAITING))
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(most + GET + b"Connection: close\r\n\r\n")
        assert connection.makefile("rb").read().count(b"HTTP/1.1 200 OK") == MOST_WAITING + 1
    assert sent(port, b"", most) < MUCH
    assert sent(port, b"", (UPGRADE % (b"", 0)) * 1_000) < MUCH


@pytest.mark.parametrize("size", [0, 1, MOST_BYTES + 1, 8 << 20])
def test_a_body_has_none_here(port, size):
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        for _ in range(2):
            connection.request("POST", "/", b"a" * size)
            assert connection.getresponse().read() == str(size).encode()
        connection.request("POST", "/", iter([b"ab"] * 1_000), encode_chunked=True)
        assert connection.getresponse().read() == b"2000"


def test_a_head_within_the_limit_is_read_in_pieces(port):
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(GET + b"X-Long: ")
        for _ in range(60):
            connection.sendall(b"a" * 1_000)
            time.sleep(0.001)
        connection.sendall(b"\r\nConnection: close\r\n\r\n")
        assert connection.makefile("rb").readline() == b"HTTP/1.1 200 OK\r\n"


def test_a_head_beyond_it_is_told_so(port):
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        head = GET + b"X-Long: "
        # Not a byte more than is read: what is left unread at the end makes the answer be lost.
        connection.sendall(head + b"a" * (MOST_BYTES - len(head)))
        connection.sendall(b"a")
        answer = connection.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"too large" in answer
