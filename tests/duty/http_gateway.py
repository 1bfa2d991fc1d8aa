"""A provider of short messages for tests: speaks HTTP on a local port and keeps what it was asked."""

import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Request:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: str


@dataclass
class HttpGateway:
    """Answers every request with `status` and `answer`; `answers` holds those of the next requests, the first first.

    `slow_seconds`: how long it says nothing. `drip`: it sends a letter a second and never comes to an end.
    """

    status: int = 200
    answer: str = '{"code": "100"}'
    location: str = ""
    slow_seconds: float = 0
    drip: bool = False
    answers: list[tuple[int, str]] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                gateway.requests.append(Request(self.command, self.path, dict(self.headers), body))
                time.sleep(gateway.slow_seconds)
                status, answer = gateway.answers.pop(0) if gateway.answers else (gateway.status, gateway.answer)
                self.send_response(status)
                if gateway.location:
                    self.send_header("Location", gateway.location)
                content = answer.encode()
                self.send_header("Content-Length", str(10_000 if gateway.drip else len(content)))
                self.end_headers()
                self.write(content)

            def write(self, content: bytes) -> None:
                try:
                    self.wfile.write(content)
                    while gateway.drip:
                        self.wfile.write(b".")
                        time.sleep(0.2)
                except OSError:
                    self.close_connection = True

            do_GET = do_PUT = do_POST  # noqa: N815  the names that the library calls

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def close(self) -> None:
        self.drip = False
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)
