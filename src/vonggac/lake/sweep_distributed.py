"""The parts of a sweep on Dask workers: those of a cluster that stands already, or some started here for the purpose.

Every worker runs `sweep.do`, as one process would, and needs the lake's folder under the same path. A worker that dies
loses the part it was at; another does it. Needs the extra `distributed` (docs/how-to/sweep-a-list.md).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from vonggac.errors import ConfigurationError
from vonggac.lake import sweep
from vonggac.lake.sweep import Part, Search, Sweep

# How many workers may die of one part before it is taken to be the part's fault.
_DEATHS_ALLOWED = 5
_WAITING_SECONDS = 20


@contextmanager
def cluster(place: str) -> Iterator[Any]:
    """A client of the cluster at the address of its scheduler (`tcp://…`, `tls://…`), or of so many workers here.

    Workers started here are processes that talk over TLS with keys made for the occasion: whoever may connect to a
    worker may run code in it, and this machine's other users may connect.
    """
    try:
        import dask  # noqa: PLC0415  as below
        import distributed  # noqa: PLC0415  an extra, and 0.5 s
        from distributed.security import Security  # noqa: PLC0415  as above
    except ImportError:
        raise ConfigurationError("Dask is not installed; install it with `./vg install distributed`") from None
    settings = {
        "distributed.scheduler.allowed-failures": _DEATHS_ALLOWED,
        "distributed.admin.log-format": "%(message)s",
    }
    with dask.config.set(settings):
        if place.isdecimal():
            security = Security.temporary()
            with distributed.LocalCluster(
                n_workers=int(place), threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1",
                protocol="tls", security=security, silence_logs="ERROR",
            ) as made, distributed.Client(made) as client:  # fmt: skip
                yield client
            return
        try:
            client = distributed.Client(place, timeout=_WAITING_SECONDS)
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"no Dask scheduler answers at {place} ({error})") from error
        with client:
            yield client


def on(client: Any) -> Search:
    """The way of sweeping that gives each part to a worker of the cluster."""

    def search(one: Sweep, parts: Sequence[Part]) -> Iterator[Part]:
        from distributed import as_completed  # noqa: PLC0415  as above

        futures = [
            client.submit(sweep.do, one.root, one.folder, part, key=f"{one.folder.name}-{part.name}", pure=False)
            for part in parts
        ]
        for future in as_completed(futures):
            yield future.result()

    return search
