"""The desk's pages with a million cases under row-level security: p95 over HTTP on one worker, as two people see them.

.venv/bin/python -m bench.desk_pages [--cases 1000000] [--requests 40]

A throwaway desk of 200 organisations; `vonggac web` serves it; a clerk of one commune and an officer of the nation have
signed in. The goal holds for each page of each person.
"""

import argparse
import http.client
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bench import _nation
from bench._measuring import cpu_seconds, free_port, keep

GOAL_MS = 100.0


@contextmanager
def served(home: Any) -> Iterator[tuple[int, int]]:
    """The port on which one worker serves the home, and its process."""
    port = free_port()
    command = [sys.executable, "-m", "vonggac.cli", "web", "--home", str(home.path), "--port", str(port)]
    process = subprocess.Popen(command, env=os.environ | {"VONGGAC_ORIGIN": f"http://127.0.0.1:{port}"})
    try:
        wait(port)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait()


def wait(port: int, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("GET", "/healthz")
            connection.getresponse().read()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def measure(port: int, process: int, cookie: str, path: str, requests: int) -> dict[str, float]:
    """p50 and p95 of one page in ms, and the worker's own CPU time, after two requests that warm it."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    taken = []
    for number in range(requests + 2):
        if number == 2:
            spent = cpu_seconds([process])
        begin = time.perf_counter()
        connection.request("GET", path, headers={"Cookie": cookie, "Accept-Language": "vi"})
        answer = connection.getresponse()
        size = len(answer.read())
        taken.append((time.perf_counter() - begin) * 1000)
        if answer.status != 200:
            raise SystemExit(f"desk_pages: {path} answered {answer.status} {answer.getheader('Location')}")
    ordered = sorted(taken[2:])
    return {
        "p50_ms": round(statistics.median(ordered), 1),
        "p95_ms": round(ordered[int(len(ordered) * 0.95) - 1], 1),
        "worker_cpu_ms": round((cpu_seconds([process]) - spent) * 1000 / requests, 1),
        "bytes": size,
    }


def pages(nation: Any, who: str, case: Any) -> dict[str, str]:
    """What each of the two opens; the matrix is the nation's, a commune has its own unit's page."""
    shared = {
        "now": "/",
        "inbox": "/cases/",
        "inbox of all states": "/cases/?state=all",
        "inbox of claims": "/cases/?claim=done",
        "units": "/cases/units/",
        "units of what is late": "/cases/units/?late=1",
        "case": f"/cases/{case.pk}/",
        "search": f"/search/?q={case.subject}",
        "search by organisation": "/search/?q=UBND",
    }
    if who == "commune":
        return shared | {"my unit": "/my-unit/"}
    return shared | {
        "matrix": f"/directives/{nation.directive_id}/matrix/",
        "directive": f"/directives/{nation.directive_id}/",
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cases", type=int, default=1_000_000)
    options.add_argument("--requests", type=int, default=40)
    given = options.parse_args()
    from vonggac.server.throwaway import throwaway

    with throwaway() as home:
        began = time.perf_counter()
        nation = _nation.assemble(given.cases)
        print(f"desk_pages: {given.cases} cases made in {time.perf_counter() - began:.0f} s", flush=True)
        from vonggac.cases.models import Case
        from vonggac.tenancy.scope import scoped, system

        with scoped(system("bench")):
            case = Case.objects.filter(organisation=nation.communes[0], kind="botnet_host").first()
        found: dict[str, dict[str, dict[str, float]]] = {}
        with served(home) as (port, process):
            for who, person in (("commune", nation.clerk), ("nation", nation.officer)):
                cookie = _nation.session_of(person)
                for name, path in pages(nation, who, case).items():
                    figures = measure(port, process, cookie, path, given.requests)
                    found.setdefault(name, {})[who] = figures
                    print(
                        f"desk_pages {name}, {who}: ours p50 {figures['p50_ms']:.0f} p95 {figures['p95_ms']:.0f} ms "
                        f"(worker CPU {figures['worker_cpu_ms']:.0f}), limit {GOAL_MS:.0f} ms, "
                        f"ratio {figures['p95_ms'] / GOAL_MS:.2f}, goal < 1",
                        flush=True,
                    )
        keep("desk_pages", {"cases": given.cases, "requests": given.requests, "goal_p95_ms": GOAL_MS, "pages": found})


if __name__ == "__main__":
    main()
