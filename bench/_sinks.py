"""A mail server and a gateway for short messages in one process: they take everything and keep the keys of it.

.venv/bin/python -m bench._sinks     says its two ports on a line; a line on its input makes it say all keys, in order
"""

import asyncio
import json
import sys


class Sinks:
    """Takes mail and HTTP requests on two local ports; `keys` holds Message-IDs and idempotency keys as they came."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    async def mail(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 sink\r\n")
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                writer.write(b"354 go on\r\n")
                await writer.drain()
                letter = await reader.readuntil(b"\r\n.\r\n")
                head = letter.partition(b"\r\n\r\n")[0].decode(errors="replace").splitlines()
                self.keys.append(next(h.partition(": ")[2] for h in head if h.lower().startswith("message-id:")))
                writer.write(b"250 kept\r\n")
            elif verb == b"QUIT":
                writer.write(b"221 bye\r\n")
                break
            else:
                writer.write(b"250 well\r\n")
            await writer.drain()
        writer.close()

    async def gateway(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
        fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])}
        await reader.readexactly(int(fields.get("content-length", 0)))
        self.keys.append(fields["idempotency-key"])
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nOK")
        await writer.drain()
        writer.close()

    async def run(self) -> None:
        servers = [await asyncio.start_server(take, "127.0.0.1", 0) for take in (self.mail, self.gateway)]
        print(json.dumps([server.sockets[0].getsockname()[1] for server in servers]), flush=True)
        loop = asyncio.get_running_loop()
        while await loop.run_in_executor(None, sys.stdin.readline):
            print(json.dumps(self.keys), flush=True)


if __name__ == "__main__":
    asyncio.run(Sinks().run())
