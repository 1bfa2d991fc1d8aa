"""A mail server of our own for tests: it speaks SMTP on a local port and keeps what it was given."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage


class MailSink:
    """Takes letters on `port`; `faults` holds what goes wrong with the next connections, the first of them first.

    `busy`: turned away with 421. `refuse`: the recipient is unknown (550). `reject`: the letter is (554). `later`: the
    recipient has to wait (451). `hang up`: the letter is taken and the connection lost before the sender hears of it.
    Recipients in `unknown` are refused on every connection; after `letters_a_connection` it is closed with 421;
    `seconds_a_letter` makes the server slow.
    """

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.faults: list[str] = []
        self.unknown: set[str] = set()
        self.letters_a_connection = 0
        self.seconds_a_letter = 0.0
        self.connections = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._flows = self._in_loop(_event())
        self._server = self._in_loop(asyncio.start_server(self._talk, "127.0.0.1", 0))
        self.port: int = self._server.sockets[0].getsockname()[1]

    def close(self) -> None:
        async def stop() -> None:
            self._flows.set()
            self._server.close()
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()
            await asyncio.sleep(0)

        self._in_loop(stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    @contextmanager
    def stalled(self) -> Iterator[None]:
        """Inside, every letter is taken and its answer kept back."""
        self._loop.call_soon_threadsafe(self._flows.clear)
        try:
            yield
        finally:
            self._loop.call_soon_threadsafe(self._flows.set)

    def subjects(self) -> list[str]:
        return [letter["Subject"] for letter in self.letters]

    def _in_loop(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        fault = self.faults.pop(0) if self.faults else ""
        try:
            await self._converse(reader, writer, fault)
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, fault: str) -> None:
        async def say(text: str) -> None:
            writer.write(f"{text}\r\n".encode())
            await writer.drain()

        if fault == "busy":
            return await say("421 come again later")
        await say("220 sink")
        carried = 0
        while line := (await reader.readline()).decode().strip():
            verb = line.split()[0].upper()
            if verb == "MAIL" and self.letters_a_connection and carried >= self.letters_a_connection:
                return await say("421 so many and no more")
            if verb == "DATA":
                await say("354 go on")
                answer = await self._taken(reader, fault)
                if fault == "hang up":
                    return None
                carried += 1
            else:
                answer = self._answer(verb, line, fault)
            await say(answer)
            if verb == "QUIT":
                return None
        return None

    async def _taken(self, reader: asyncio.StreamReader, fault: str) -> str:
        content = await reader.readuntil(b"\r\n.\r\n")
        if fault == "reject":
            return "554 this is no letter"
        self.letters.append(message_from_bytes(content[:-3], policy=policy.default))
        await asyncio.sleep(self.seconds_a_letter)
        await self._flows.wait()
        return "250 kept"

    def _answer(self, verb: str, line: str, fault: str) -> str:
        if verb == "RCPT" and fault == "later":
            return "451 not now"
        if verb == "RCPT" and (fault == "refuse" or any(f"<{name}>" in line for name in self.unknown)):
            return "550 no such box"
        return "221 bye" if verb == "QUIT" else "250 well"


async def _event() -> asyncio.Event:
    flowing = asyncio.Event()
    flowing.set()
    return flowing
