"""A limit on what one request may send, before a byte of it is kept: anybody may send, signed in or not."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from vonggac.desk import failing
from vonggac.desk.security import HEADERS, content_security_policy

Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]

# What a form may carry beside its file.
ALLOWANCE_BYTES = 1024 * 1024


class BodyLimit:
    """Answers 413 to a request that announces more than the limit, and hangs up on one that sends more."""

    def __init__(self, application: Application, most_bytes: int) -> None:
        self.application, self.most_bytes = application, most_bytes + ALLOWANCE_BYTES

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Pass the request on, its body counted."""
        if scope["type"] == "http" and (announced := _announced(scope)) > self.most_bytes:
            await self._refuse(scope, announced, receive, send)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            return message if seen <= self.most_bytes else {"type": "http.disconnect"}

        await self.application(scope, counted, send)

    async def _refuse(self, scope: Message, announced: int, receive: Receive, send: Send) -> None:
        # Hung up on while it still sends, a browser shows a broken line and a proxy answers 502: what is only a little
        # too large is thrown away as it comes, and then answered.
        left = announced if announced <= 2 * self.most_bytes else 0
        while left > 0:
            message = await receive()
            left = left - len(message.get("body", b"")) if message.get("more_body") else 0
        # Programs read plain text, and no browser shows it.
        is_program = scope.get("path", "").startswith(failing.INTERFACE)
        megabytes = (self.most_bytes - ALLOWANCE_BYTES) // 1024**2
        text = f"The upload is larger than {megabytes} MB; split it." if is_program else failing.too_large(megabytes)
        kept = {
            "content-type": f"text/{'plain' if is_program else 'html'}; charset=utf-8",
            "connection": "close",
            "content-security-policy": content_security_policy(),
            **HEADERS,
        }
        headers = [(name.lower().encode(), value.encode()) for name, value in kept.items()]
        await send({"type": "http.response.start", "status": 413, "headers": headers})
        await send({"type": "http.response.body", "body": text.encode()})


def _announced(scope: Message) -> int:
    """The length that the request gives; 0 where it gives none, or nonsense, and counting has to do."""
    value = dict(scope["headers"]).get(b"content-length", b"0")
    return int(value) if value.isdigit() else 0
