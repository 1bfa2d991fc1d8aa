"""Importing a province's assets and a nation's networks, against PostgreSQL's own COPY of the same lines.

    .venv/bin/python bench/register_import.py [--assets 15000] [--networks 100000]

COPY into a bare table is the limit: it neither resolves codes, nor checks rows, nor writes a ledger.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

RESULTS = Path(__file__).parent / "results" / "register_import.json"
TODAY = date(2026, 4, 20)
NOW = datetime(2026, 4, 20, 5, 0, tzinfo=UTC)
UNITS = 200


def organisations() -> str:
    units = "".join(f"u{number},Đơn vị {number},commune,root\n" for number in range(UNITS))
    return f"code,name,kind,parent\nroot,UBND tỉnh Hải Vân,province,\n{units}"


def assets(count: int) -> str:
    lines = [
        f"PC-{number:06d},{'server' if number % 10 == 0 else 'workstation'},u{number % UNITS},"
        f"10.{number >> 16}.{number >> 8 & 255}.{number & 255},203.0.113.{number % 256}"
        for number in range(count)
    ]
    return "name,kind,organisation,address,nat_pool\n" + "\n".join(lines) + "\n"


def networks(count: int) -> str:
    lines = [
        f"{11 + (number >> 16)}.{number >> 8 & 255}.{number & 255}.0/24,u{number % UNITS}" for number in range(count)
    ]
    return "network,organisation\n" + "\n".join(lines) + "\n"


def seconds(act: Callable[[], object]) -> float:
    begin = time.perf_counter()
    act()
    return time.perf_counter() - begin


def copied(content: str) -> float:
    """The seconds that COPY takes for the same lines into a bare table."""
    from django.db import connections, transaction

    header, *lines = content.splitlines()
    columns = ", ".join(f"{name} text" for name in header.split(","))
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute(f"CREATE TABLE bare ({columns})")
        begin = time.perf_counter()
        with cursor.copy("COPY bare FROM STDIN (FORMAT csv)") as copy:
            copy.write("\n".join(lines))
        taken = time.perf_counter() - begin
        cursor.execute("DROP TABLE bare")
    return taken


def imported(kind: str, content: str) -> dict[str, float]:
    """Seconds for the first import, for its plan alone, and for a second import of the same file."""
    from vonggac.register import imports
    from vonggac.tenancy.scope import scoped, system

    def once() -> None:
        with scoped(system("bench")):
            imports.apply(imports.plan(kind, content.encode(), f"{kind}.csv", at=TODAY, now=NOW), at=NOW)

    def planned() -> None:
        with scoped(system("bench")):
            imports.plan(kind, content.encode(), f"{kind}.csv", at=TODAY, now=NOW)

    return {"plan": seconds(planned), "first": seconds(once), "again": seconds(once)}


def main(asset_count: int = 15_000, network_count: int = 100_000) -> dict[str, dict[str, float]]:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["VONGGAC_HOME"] = folder
        from vonggac.server.opening import opened

        with opened(Path(folder), may_begin=True):
            imported("organisations", organisations())
            results = {}
            for kind, content in (("assets", assets(asset_count)), ("networks", networks(network_count))):
                figures = imported(kind, content) | {"copy": copied(content), "rows": content.count("\n") - 1}
                results[kind] = figures
                print(
                    f"register import, {figures['rows']:,} {kind}: ours {figures['first']:.2f} s (plan alone "
                    f"{figures['plan']:.2f} s, again unchanged {figures['again']:.2f} s)  "
                    f"limit COPY {figures['copy']:.2f} s  ratio {figures['first'] / figures['copy']:.0f}"
                )
            from django.db import connections

            connections.close_all()
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    return results


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--assets", type=int, default=15_000)
    parser.add_argument("--networks", type=int, default=100_000)
    chosen = parser.parse_args()
    main(chosen.assets, chosen.networks)
