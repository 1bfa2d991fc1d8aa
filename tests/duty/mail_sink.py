"""A mail server of our own for tests: it speaks SMTP on a local port and keeps what it was given."""

import asyncio
import threading
from email import message_from_bytes, policy
from email.message import EmailMessage


class MailSink:
    """Takes letters on `port`; `faults` holds what goes wrong with the next connections, the first of them first.

    `busy`: turned away with 421. `refuse`: the recipient is unknown (550). `hang up`: the letter is taken and the
    connection lost before the sender hears of it.
    """

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.faults: list[str] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = self._in_loop(asyncio.start_server(self._talk, "127.0.0.1", 0))
        self.port: int = self._server.sockets[0].getsockname()[1]

    def close(self) -> None:
        async def stop() -> None:
            self._server.close()
            await self._server.wait_closed()

        self._in_loop(stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def _in_loop(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        fault = self.faults.pop(0) if self.faults else ""
        try:
            await self._converse(reader, writer, fault)
        except ConnectionError:
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
        while line := (await reader.readline()).decode().strip():
            verb = line.split()[0].upper()
            if verb == "DATA":
                await say("354 go on")
                content = await reader.readuntil(b"\r\n.\r\n")
                self.letters.append(message_from_bytes(content[:-3], policy=policy.default))
                if fault == "hang up":
                    return None
                await say("250 kept")
            elif verb == "RCPT" and fault == "refuse":
                await say("550 no such box")
            else:
                await say({"QUIT": "221 bye"}.get(verb, "250 well"))
                if verb == "QUIT":
                    return None
        return None
