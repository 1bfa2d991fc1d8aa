"""Requests read by httptools, whose parser is C, and with the limits that it leaves to others."""

from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# As uvicorn's other parser has it.
MOST_BYTES = 64 << 10
# Requests that a connection may send before the first is answered: each that waits takes a kilobyte.
MOST_WAITING = 100


class BoundedHead(HttpToolsProtocol):
    """One connection, closed where more comes than this of what is neither body nor a whole message.

    That is the head of a request; and the sizes, extensions and trailers of a body that comes in chunks.
    """

    _aside = 0
    _has_read = False

    def data_received(self, data: bytes) -> None:
        """Read what came."""
        self._has_read = False
        self._unset_keepalive_if_required()
        try:
            self._read(data)
        except httptools.HttpParserError:
            self.send_400_response("Invalid HTTP request received.")
            return
        self._aside = 0 if self._has_read else self._aside + len(data)
        if self._aside > MOST_BYTES:
            self.send_400_response("The request's head is too large.")

    def _read(self, data: bytes) -> None:
        """Feed the parser; a request that asks for another protocol is read again as one that does not.

        The parser takes the body of such a one for the other protocol, and what follows for the next request.
        """
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as asked:
            line = (
                f"{self.scope['method']} ".encode() + self.url + f" HTTP/{self.parser.get_http_version()}\r\n".encode()
            )
            fields = [b"%s: %s\r\n" % field for field in self.headers if field[0] != b"upgrade"]
            self._read(b"".join([line, *fields, b"\r\n", data[asked.args[0] :]]))

    def _should_upgrade(self) -> bool:
        """Whether the request is to be read again; CONNECT, which names no other protocol, is refused."""
        return any(name == b"upgrade" for name, _value in self.headers)

    def on_headers_complete(self) -> None:
        """The head of a request was read; what is told behind its body does not count among its fields."""
        super().on_headers_complete()
        self.headers = list(self.headers)
        if len(self.pipeline) > MOST_WAITING:
            raise ValueError("too many requests wait to be answered")

    def on_body(self, body: bytes) -> Any:
        """Some of the body was read."""
        self._has_read = True
        return super().on_body(body)

    def on_message_complete(self) -> Any:
        """The request was read to its end."""
        self._has_read = True
        return super().on_message_complete()
