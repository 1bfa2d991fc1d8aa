"""`POST /api/v1/alerts/SOURCE`: messages of declared sources straight into the spool, before Django is asked anything.

Acknowledged (200) once they survive power loss; counted within a second by the intake process. A thousand requests a
second would be a thousand transactions of the desk otherwise.
"""

import asyncio
import hashlib
import hmac
import json
import re
import time
from dataclasses import dataclass
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connections

from vonggac.alerts.models import Source
from vonggac.alerts.services.sources import digest, secret_of
from vonggac.errors import ConfigurationError, TryAgainLater
from vonggac.flows.alert_raw import place_name, spools, wrapped
from vonggac.formats.alerts.alert_table import microseconds
from vonggac.jobs.clock import now
from vonggac.lake.spool import Spool
from vonggac.server.body_limit import Application, Receive, Send
from vonggac.tenancy.scope import scoped, system

MOST_BYTES = 8 * 1024 * 1024
MOST_IDENTIFIER = 200
# How long a key that was taken away may still open.
KNOWN_SECONDS = 5.0
MOST_WEB_PROCESSES = 64
_PATH = re.compile(r"/api/v1/alerts/([^/]+)/?")
_REASONS = {
    401: "send the source's token (Authorization: Bearer vga_…) and, where it signs, X-Vonggac-Signature: sha256=…",
    405: "send messages with POST",
    413: f"one message may weigh up to {MOST_BYTES // 1024**2} MiB; send it in parts",
    422: "send what the source wrote as the body; it may not be empty",
    503: "there is no room for it now; send again in a moment",
}


@dataclass(frozen=True, slots=True)
class _Key:
    """What a source has to show."""

    source_id: int
    token_digest: str
    secret: str


class _NotKept(Exception):
    """The message is refused with this status; never leaves this module."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class AlertWebhook:
    """Answers the address of alerts itself and passes every other request on."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self._keys: dict[str, _Key] = {}
        self._read_at = -KNOWN_SECONDS
        self._reading = asyncio.Lock()
        self._spool: Spool | None = None

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Keep a message, or pass the request on."""
        found = _PATH.fullmatch(scope.get("path", "")) if scope["type"] == "http" else None
        if found is None:
            await self.application(scope, receive, send)
            return
        status, answer = await self._kept(found[1], scope, receive)
        await _answer(send, status, answer)

    async def _kept(self, name: str, scope: dict[str, Any], receive: Receive) -> tuple[int, dict[str, Any]]:
        try:
            key, identifier, body = await self._message(name, scope, receive)
            frame = wrapped(key.source_id, microseconds(now()), body, identifier)
            spool = self._open_spool()
            place = await asyncio.wrap_future(spool.enqueue(frame))
        except _NotKept as refusal:
            return refusal.status, {}
        except TryAgainLater as refusal:
            return 503, {"detail": str(refusal)}
        return 200, {"kept": True, "bytes": len(body), "place": place_name(spool.folder.name, place)}

    async def _message(self, name: str, scope: dict[str, Any], receive: Receive) -> tuple[_Key, str, bytes]:
        """Whose message it is, what its sender calls it, and its bytes; `_NotKept` when it may not be taken."""
        if scope["method"] != "POST":
            raise _NotKept(405)
        headers = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in scope["headers"]}
        key = await self._key(name)
        if key is None or not _is_token_right(key, headers):
            raise _NotKept(401)
        body = await _body(receive)
        if not _is_signature_right(key, headers, body):
            raise _NotKept(401)
        if not body:
            raise _NotKept(422)
        return key, headers.get("idempotency-key", "")[:MOST_IDENTIFIER], body

    async def _key(self, name: str) -> _Key | None:
        async with self._reading:
            if time.monotonic() - self._read_at > KNOWN_SECONDS:
                self._keys = await sync_to_async(_keys, thread_sensitive=False)()
                self._read_at = time.monotonic()
        return self._keys.get(name)

    def _open_spool(self) -> Spool:
        """The spool of this process: the first that no other web process writes into."""
        number = 1
        while self._spool is None:
            try:
                self._spool = Spool(spools() / (f"web-{number}"))
            except ConfigurationError:
                if number == MOST_WEB_PROCESSES:
                    raise
                number += 1
        return self._spool


def _keys() -> dict[str, _Key]:
    """The keys of all sources that may send messages."""
    try:
        with scoped(system("alerts")):
            rows = Source.objects.filter(retired_at=None).exclude(token_digest="")
            return {
                one.name: _Key(
                    one.pk,
                    one.token_digest,
                    secret_of(one.pk, one.secret_number, settings.SECRET_KEY) if one.is_signed else "",
                )
                for one in rows
            }
    finally:
        connections.close_all()


def _is_token_right(key: _Key, headers: dict[str, str]) -> bool:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(digest(token.strip()), key.token_digest)


def _is_signature_right(key: _Key, headers: dict[str, str], body: bytes) -> bool:
    if not key.secret:
        return True
    expected = "sha256=" + hmac.new(key.secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(headers.get("x-vonggac-signature", "").encode(), expected.encode())


async def _body(receive: Receive) -> bytes:
    """The whole body; `_NotKept` once it is too large."""
    parts, size = [], 0
    while True:
        message = await receive()
        part = message.get("body", b"")
        size += len(part)
        if size > MOST_BYTES or message["type"] == "http.disconnect":
            raise _NotKept(413)
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)


async def _answer(send: Send, status: int, answer: dict[str, Any]) -> None:
    headers = [(b"content-type", b"application/json" if status == 200 else b"application/problem+json")]
    if status != 200:
        answer = {"status": status, "title": "Not kept", "detail": _REASONS[status], **answer}
    if status == 401:
        headers.append((b"www-authenticate", b'Bearer realm="vonggac"'))
    if status == 503:
        headers.append((b"retry-after", b"1"))
    body = json.dumps(answer, ensure_ascii=False).encode()
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
