"""A live desk for a real browser: uvicorn on 127.0.0.1 in a thread, on the database of the test."""

import threading
import time

import uvicorn

from tests.server.desk_process import free_port


class LiveDesk:
    """The desk's ASGI application, served until it is stopped."""

    def __init__(self) -> None:
        self.port = free_port()
        config = uvicorn.Config(
            "vonggac.server.asgi:application", host="127.0.0.1", port=self.port, log_level="warning", lifespan="off",
            timeout_graceful_shutdown=1,
        )  # fmt: skip
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.thread.start()
        deadline = time.monotonic() + 20
        while not self.server.started:
            assert time.monotonic() < deadline, "the desk did not start"
            time.sleep(0.02)

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(10)
