"""The web process: uvicorn with the desk's ASGI application."""

import os
import sys
from typing import Any

import uvicorn

# What a page that is being answered gets when the server stops; event streams end at once (`closing`).
GRACE_SECONDS = 3
# Django runs each request in a thread of its own, which would open a connection of its own: a server process with cold
# caches cost 10 to 20 ms of every page. Each lent connection is asked first whether it lives, so that a database that
# was started again is no fault of the next page; one that does not come up is given up at once and tried by the next.
POOL: dict[str, Any] = {"min_size": 2, "max_size": 20, "timeout": 3.0, "reconnect_timeout": 3.0}
# A thread that renders a page gives way after this to the loop that tells the streams, and to the other pages: each
# question to the database and each stream told has to get the interpreter back. By default it is ten times as long.
SWITCH_SECONDS = 0.000_5


def run(*, host: str, port: int, workers: int = 1) -> None:
    """Serve pages until SIGTERM or SIGINT. One worker carries 500 live event streams (docs/adr/0030-live-parts.md)."""
    uvicorn.run(
        "vonggac.server.web:desk",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        http="vonggac.server.bounded_head:BoundedHead",
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        server_header=False,
        # The proxy in front is trusted by its address only: 127.0.0.1 unless FORWARDED_ALLOW_IPS says otherwise.
        proxy_headers=True,
    )


def desk() -> Any:
    """The application of one web process, its connections to the database lent from a pool."""
    sys.setswitchinterval(SWITCH_SECONDS)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vonggac.server.settings")
    from django.conf import settings  # noqa: PLC0415  the environment first

    database = settings.DATABASES["default"]
    database["OPTIONS"] |= {"pool": POOL}
    database["CONN_HEALTH_CHECKS"] = True
    from vonggac.server.asgi import application  # noqa: PLC0415

    return application
