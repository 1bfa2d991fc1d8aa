"""Syslog over TCP, TLS and UDP into the spool: RFC 5424 and 3164, framed by line feeds or by octet counting (RFC 6587).

TCP is read no faster than the disk takes it, so a sender is slowed down instead of memory filled. UDP cannot be slowed
down: what finds no room is lost, counted and told. Whose lines they are is told by the sender's address.
"""

import asyncio
import ipaddress
import logging
import math
import ssl
import threading
import time
from collections import Counter, deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from vonggac.errors import ConfigurationError, TryAgainLater
from vonggac.flows.alert_raw import wrapped
from vonggac.formats.alerts.alert_table import microseconds
from vonggac.jobs.clock import now
from vonggac.lake.spool import Place, Spool

log = logging.getLogger("vonggac.intake")

CHUNK_BYTES = 256 * 1024
# A message that is longer has lost its frame.
MESSAGE_BYTES = 1024 * 1024
# Chunks of one connection that may be on their way to the disk.
UNDER_WAY = 4
UDP_SECONDS = 0.1
UDP_BYTES = 4 * 1024 * 1024
AGAIN_SECONDS = 0.2
# Connections of strangers that may wait for the declarations to be read afresh; each may hold two chunks.
WAITING_AT_MOST = 64
# What a datagram that waits takes beside its bytes.
HELD_BYTES = 256
_DIGITS = b"0123456789"

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Listening:
    """Where to listen; None: not at all. `tls` needs certificate and key."""

    tcp: tuple[str, int] | None = None
    udp: tuple[str, int] | None = None
    tls: tuple[str, int] | None = None
    certificate: str = ""
    key: str = ""


class Senders:
    """Which source an address sends for: the longest block of the declared ones."""

    def __init__(self, blocks: Sequence[tuple[str, int]] = (), read_at: float = math.inf) -> None:
        """Blocks with the source's number, as `192.0.2.0/24`; `read_at` of the monotonic clock, endless: for good."""
        self.read_at = read_at
        parsed = [(ipaddress.ip_network(block), source) for block, source in blocks]
        self._blocks: list[tuple[Network, int]] = sorted(parsed, key=lambda one: -one[0].prefixlen)

    def source_of(self, address: str) -> int | None:
        """The source's number, None for a sender that nobody declared."""
        parsed = ipaddress.ip_address(address.partition("%")[0])
        mapped = getattr(parsed, "ipv4_mapped", None)
        return next((source for block, source in self._blocks if (mapped or parsed) in block), None)


@dataclass
class Lines:
    """Bytes of one connection cut into messages, a line each, whichever way they are framed."""

    rest: bytes = b""

    def add(self, data: bytes) -> bytes:
        """The messages that are whole now, each ended by a line feed."""
        self.rest += data
        if self.rest[:1] in (b"", b"<") or self.rest[0] not in _DIGITS:
            end = self.rest.rfind(b"\n") + 1
            if not end and len(self.rest) > MESSAGE_BYTES:
                end = len(self.rest)
            whole, self.rest = self.rest[:end], self.rest[end:]
            return whole
        return self._counted()

    def last(self) -> bytes:
        """What the connection ended with, without an end of its own."""
        rest, self.rest = self.rest, b""
        return rest + b"\n" if rest.strip() else b""

    def _counted(self) -> bytes:
        """Messages led by their length: `123 <34>1 …`; a line feed within one becomes a blank."""
        found, place = [], 0
        while True:
            blank = self.rest.find(b" ", place, place + 8)
            length = self.rest[place:blank]
            if blank < 0 or not length.isdigit() or int(length) > MESSAGE_BYTES:
                break
            end = blank + 1 + int(length)
            if end > len(self.rest):
                break
            found.append(self.rest[blank + 1 : end].rstrip(b"\r\n").replace(b"\n", b" ") + b"\n")
            place = end
        if not found and len(self.rest) > MESSAGE_BYTES + 8:
            whole, self.rest = self.rest + b"\n", b""
            return whole
        self.rest = self.rest[place:].lstrip(b"\n")
        return b"".join(found)


@dataclass
class Syslog:
    """The listeners of one intake process, in a thread of their own."""

    spool: Spool
    listening: Listening
    senders: Senders = field(default_factory=Senders)
    unknown: Counter[str] = field(default_factory=Counter)
    # When a stranger came last, by the monotonic clock: it is refused by declarations that were read since.
    asked_at: float = -math.inf
    lost: int = 0
    ports: dict[str, int] = field(default_factory=dict)

    def start(self) -> None:
        """Begin to listen; ConfigurationError when a port is taken or a certificate cannot be read."""
        self._loop = asyncio.new_event_loop()
        self._datagrams: dict[int, list[bytes]] = {}
        self._datagram_bytes = 0
        self._held = deque[tuple[float, str, bytes]]()
        self._held_bytes = 0
        self._waiting = 0
        self._connections: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="syslog", daemon=True)
        self._thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        except (OSError, ValueError) as error:
            self.stop()
            raise ConfigurationError(f"syslog cannot be received: {error}; name another port or certificate") from error

    def stop(self) -> None:
        """Take in what was read and listen no more."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    async def _listen(self) -> None:
        self._servers: list[asyncio.Server] = []
        if self.listening.tcp:
            await self._serve("tcp", self.listening.tcp, None)
        if self.listening.tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.listening.certificate, self.listening.key or None)
            await self._serve("tls", self.listening.tls, context)
        if self.listening.udp:
            made = await self._loop.create_datagram_endpoint(lambda: _Datagrams(self), local_addr=self.listening.udp)
            self._udp: asyncio.DatagramTransport = made[0]
            self.ports["udp"] = self._udp.get_extra_info("sockname")[1]
            self._flushing = self._loop.create_task(self._flush_for_ever())

    async def _serve(self, name: str, place: tuple[str, int], context: ssl.SSLContext | None) -> None:
        server = await asyncio.start_server(self._receive, *place, ssl=context, limit=CHUNK_BYTES)
        self._servers.append(server)
        self.ports[name] = server.sockets[0].getsockname()[1]

    async def _end(self) -> None:
        for server in self._servers:
            server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        if "udp" in self.ports:
            self._udp.close()
            self._flushing.cancel()
            await asyncio.gather(self._flushing, return_exceptions=True)
            self._judge_held()
            self._flush()

    async def _receive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from its first byte to its last."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  a callback of the server runs as a task
        self._connections.add(task)
        address = writer.get_extra_info("peername")[0]
        try:
            if (source := await self._source_of(address)) is None:
                self.note_unknown(address)
            else:
                await self._take_in(reader, source)
        finally:
            self._connections.discard(task)
            writer.close()

    async def _source_of(self, address: str) -> int | None:
        """The source of a sender, also of one that was declared a moment ago: a stranger waits until that is known."""
        source = self.senders.source_of(address)
        if source is not None or self._waiting >= WAITING_AT_MOST:
            return source
        asked_at = self.asked_at = time.monotonic()
        self._waiting += 1
        try:
            while self.senders.read_at < asked_at:
                await asyncio.sleep(AGAIN_SECONDS)
        finally:
            self._waiting -= 1
        return self.senders.source_of(address)

    async def _take_in(self, reader: asyncio.StreamReader, source: int) -> None:
        lines, under_way = Lines(), deque[Future[Place]]()
        try:
            while data := await reader.read(CHUNK_BYTES):
                if whole := lines.add(data):
                    under_way.append(await self._enqueued(source, whole))
                if len(under_way) > UNDER_WAY:
                    await asyncio.wrap_future(under_way.popleft())
        except (ConnectionError, ssl.SSLError) as error:
            log.info("a sender of syslog hung up: %s", error)
        if rest := lines.last():
            under_way.append(await self._enqueued(source, rest))
        for one in under_way:
            await asyncio.wrap_future(one)

    async def _enqueued(self, source: int, lines: bytes) -> "Future[Place]":
        """The promise that the lines are kept; waits for as long as there is no room, and the sender with it."""
        frame = wrapped(source, microseconds(now()), lines)
        while True:
            try:
                return self.spool.enqueue(frame)
            except TryAgainLater:
                await asyncio.sleep(AGAIN_SECONDS)

    def take_datagram(self, data: bytes, address: str) -> None:
        """Gather a datagram with those of its source; flushed ten times a second. A stranger's waits, while it fits."""
        source = self.senders.source_of(address)
        if source is not None:
            self._gather(source, data)
        elif self._held_bytes > UDP_BYTES:
            self.note_unknown(address)
        else:
            self.asked_at = time.monotonic()
            self._held.append((self.asked_at, address, data))
            self._held_bytes += len(data) + HELD_BYTES

    def _gather(self, source: int, data: bytes) -> None:
        if self._datagram_bytes > UDP_BYTES:
            self._note_lost(1)
        else:
            self._datagrams.setdefault(source, []).append(data.rstrip(b"\r\n\0").replace(b"\n", b" ") + b"\n")
            self._datagram_bytes += len(data)

    async def _flush_for_ever(self) -> None:
        while True:
            await asyncio.sleep(UDP_SECONDS)
            self._judge_held()
            self._flush()

    def _judge_held(self) -> None:
        """Gather or refuse the datagrams of strangers that came before the declarations were read."""
        senders = self.senders
        while self._held and self._held[0][0] <= senders.read_at:
            _, address, data = self._held.popleft()
            self._held_bytes -= len(data) + HELD_BYTES
            source = senders.source_of(address)
            if source is None:
                self.note_unknown(address)
            else:
                self._gather(source, data)

    def _flush(self) -> None:
        gathered, self._datagrams, self._datagram_bytes = self._datagrams, {}, 0
        for source, lines in gathered.items():
            try:
                self.spool.enqueue(wrapped(source, microseconds(now()), b"".join(lines)))
            except TryAgainLater:
                self._note_lost(len(lines))

    def note_unknown(self, address: str) -> None:
        """Count what came from a sender that nobody declared; said at the first time."""
        self.unknown[address] += 1
        if self.unknown[address] == 1:
            log.warning("syslog from %s, for which no source is declared (--sender), is not taken in", address)

    def _note_lost(self, number: int) -> None:
        if not self.lost:
            log.warning("syslog over UDP is being lost: more comes in than the disk takes; use TCP")
        self.lost += number


class _Datagrams(asyncio.DatagramProtocol):
    """Hands every datagram to the listener."""

    def __init__(self, syslog: Syslog) -> None:
        self._syslog = syslog

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Take one datagram."""
        self._syslog.take_datagram(data, addr[0])
