"""Requests read by httptools, whose parser is C, and with the limit that it leaves to others."""

from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# As uvicorn's other parser has it.
MOST_BYTES = 64 << 10


class BoundedHead(HttpToolsProtocol):
    """One connection, closed where more comes than this of what is neither body nor a whole message.

    That is the head of a request; and the sizes, extensions and trailers of a body that comes in chunks.
    """

    _aside = 0
    _has_read = False

    def data_received(self, data: bytes) -> None:
        """Read what came."""
        self._has_read = False
        super().data_received(data)
        self._aside = 0 if self._has_read else self._aside + len(data)
        if self._aside > MOST_BYTES:
            self.send_400_response("The request's head is too large.")

    def on_body(self, body: bytes) -> Any:
        """Some of the body was read."""
        self._has_read = True
        return super().on_body(body)

    def on_message_complete(self) -> Any:
        """The request was read to its end."""
        self._has_read = True
        return super().on_message_complete()
