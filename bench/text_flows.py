"""Text flows × CIDRs: the lines whose source has an owner, against grepcidr, which cannot say whose they are.

.venv/bin/python -m bench.text_flows [--rows 5000000] [--prefixes 100000]

Both write the lines they find to a file; the time is that of the whole process.
"""

import argparse
import random
import sys
import tempfile
from pathlib import Path

import numpy as np
from bench._measuring import keep, pairs, require, run
from bench.botnet_match import write_networks


def write_flows(path: Path, rows: int) -> None:
    """Source, ports, protocol, time, bytes, packets, state; one address a line, as grepcidr tries all."""
    generator = np.random.default_rng(4)
    values = generator.integers(1 << 30, 1 << 31, rows, dtype=np.uint32)
    with path.open("w") as target:
        for value in values.tolist():
            source = ".".join(map(str, value.to_bytes(4)))
            target.write(f"{source} 51515 443 tcp 2026-11-01T00:00:00Z 1500 12 SF\n")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=5_000_000)
    options.add_argument("--prefixes", type=int, default=100_000)
    options.add_argument("--times", type=int, default=5)
    given = options.parse_args()
    require("text_flows", "grepcidr", "grepcidr")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        flows, blocks_file, networks_file = folder / "flows.txt", folder / "blocks.txt", folder / "networks.csv"
        write_flows(flows, given.rows)
        blocks_file.write_text("\n".join([*write_networks(folder, given.prefixes, random.Random(1)), ""]))  # noqa: S311
        command = [sys.executable, "-m", "vonggac.cli", "network", "owners", str(flows)]
        command += ["--networks", str(networks_file), "--output", str(folder / "ours.txt")]

        def peer() -> dict[str, float]:
            with (folder / "peer.txt").open("wb") as target:
                return run(["grepcidr", "-f", str(blocks_file), str(flows)], target)

        cache = str(folder / "cache")
        run(command, VONGGAC_CACHE=cache)
        figures = pairs(lambda: run(command, VONGGAC_CACHE=cache), peer, given.times)
        lines = compare(folder / "ours.txt", folder / "peer.txt")
    found = {"rows": given.rows, "prefixes": given.prefixes, "lines": lines, "goal_ratio": 1.0, **figures}
    for clock in ("wall", "cpu"):
        print(
            f"text_flows {clock}: ours {figures[f'ours_{clock}_seconds']:.2f} s for {given.rows} lines, "
            f"{lines} written with owner, peer grepcidr {figures[f'peer_{clock}_seconds']:.2f} s, "
            f"ratio {figures[f'ratio_{clock}']:.2f}, goal > 1"
        )
    keep("text_flows", found)


def compare(ours: Path, peer: Path) -> int:
    """How many lines both wrote; ours must be the peer's with the owner behind."""
    count = 0
    with ours.open("rb") as one, peer.open("rb") as other:
        for line, expected in zip(one, other, strict=True):
            if line.split(b"\t")[0] != expected.rstrip(b"\n"):
                raise SystemExit(f"text_flows: {line!r} is not {expected!r} with its owner")
            count += 1
    return count


if __name__ == "__main__":
    main()
