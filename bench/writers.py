"""16 people acknowledging and claiming while a list of 100,000 rows is imported, against the same without an import.

.venv/bin/python -m bench.writers [--rows 100000]

The acts are the services that pages call, each in its own transaction and scope, on 16 connections of one process; the
import is `vonggac botnet import` in another.
"""

import argparse
import os
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from bench import _nation
from bench._measuring import keep

WRITERS = 16
GOAL_RATIO = 2.0
# What a person does between two acts; without it 16 loops measure the machine's cores.
PAUSE_SECONDS = 0.25


def write(cases: list[tuple[int, str]], taken: list[float], until: threading.Event) -> None:
    """Acknowledge and claim one case after the other until told to stop, noting the seconds of each act."""
    from django.db import connections

    from vonggac.cases import services
    from vonggac.cases.services import Answer
    from vonggac.tenancy.scope import Scope, scoped

    try:
        for case_id, path in cases:
            for act in ("acknowledge", "claim"):
                if until.wait(PAUSE_SECONDS):
                    return
                begin = time.perf_counter()
                with scoped(Scope("person:1", path)):
                    if act == "acknowledge":
                        services.acknowledge(case_id, at=_nation.NOW, by="bench")
                    else:
                        services.claim(case_id, Answer("đã xử lý", "bench"), at=_nation.NOW)
                taken.append(time.perf_counter() - begin)
    finally:
        connections.close_all()


def run_writers(batches: list[list[tuple[int, str]]], during: Any) -> tuple[list[float], float]:
    """Seconds of every act while something else is done, and how long that took."""
    taken: list[float] = []
    until = threading.Event()
    threads = [threading.Thread(target=write, args=(batch, taken, until)) for batch in batches]
    begin = time.perf_counter()
    for thread in threads:
        thread.start()
    during()
    spent = time.perf_counter() - begin
    until.set()
    for thread in threads:
        thread.join()
    return taken, spent


def p95(taken: list[float]) -> float:
    return sorted(taken)[int(len(taken) * 0.95) - 1]


def write_list(path: Path, rows: int) -> None:
    lines = [
        "ip,timestamp,infection",
        *(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255},2026-11-20 00:00:00,mirai" for n in range(rows)),
    ]
    path.write_text("\n".join([*lines, ""]))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=100_000)
    options.add_argument("--quiet-seconds", type=float, default=20)
    given = options.parse_args()
    from vonggac.server.throwaway import throwaway

    with throwaway() as home:
        nation = _nation.assemble(40_000)
        from vonggac.cases.models import Case
        from vonggac.register.models import Network
        from vonggac.tenancy.scope import scoped, system

        with scoped(system("bench")):
            for number, commune in enumerate(nation.communes[:100]):
                Network.objects.create(organisation=commune, org_path=commune.path, cidr=f"10.0.{number}.0/24")
            Network.objects.create(organisation=nation.nation, org_path=nation.nation.path, cidr="10.0.0.0/8")
            waiting = list(Case.objects.filter(state="sent", kind="botnet_host").values_list("pk", "org_path")[:16_000])
        list_file = home.path / "list.csv"
        write_list(list_file, given.rows)
        command = [sys.executable, "-m", "vonggac.cli", "botnet", "import", str(list_file), "--sender", "bench"]
        command += ["--home", str(home.path)]
        half = len(waiting) // 2
        quiet, _ = run_writers(
            [waiting[n:half:WRITERS] for n in range(WRITERS)], lambda: time.sleep(given.quiet_seconds)
        )
        busy, seconds = run_writers(
            [waiting[half + n :: WRITERS] for n in range(WRITERS)],
            lambda: subprocess.run(command, check=True, env=os.environ, stdout=subprocess.DEVNULL),
        )
    ratio = p95(busy) / p95(quiet)
    print(
        f"writers: ours p95 {p95(busy) * 1000:.0f} ms during an import of {given.rows} rows ({seconds:.0f} s), "
        f"peer (no import) {p95(quiet) * 1000:.0f} ms, ratio {ratio:.2f}, goal ≤ {GOAL_RATIO:g}"
    )
    keep(
        "writers",
        {
            "rows": given.rows,
            "import_seconds": seconds,
            "acts_during": len(busy),
            "acts_without": len(quiet),
            "p95_during_ms": p95(busy) * 1000,
            "p95_without_ms": p95(quiet) * 1000,
            "p50_during_ms": statistics.median(busy) * 1000,
            "p50_without_ms": statistics.median(quiet) * 1000,
            "ratio": ratio,
            "goal_ratio": GOAL_RATIO,
        },
    )


if __name__ == "__main__":
    main()
