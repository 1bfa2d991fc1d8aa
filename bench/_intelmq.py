"""IntelMQ as a peer: installed once, run on a Redis of its own: file collector → the given bots → file."""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from bench._measuring import REPOSITORY, cpu_seconds, free_port, require

PEER_ENVIRONMENT = REPOSITORY / "build" / "bench-venvs" / "intelmq"
PEER_DEADLINE_SECONDS = 240
NOBODY = 65_534


@dataclass(frozen=True, slots=True)
class Bot:
    """One bot between collector and output; `{port}` in a parameter becomes Redis's port."""

    name: str
    module: str
    parameters: dict[str, object]


def deduplicator(keys: str) -> Bot:
    """The expert that lets an event through whose keys were not seen for a day."""
    redis = {"redis_cache_host": "127.0.0.1", "redis_cache_port": "{port}", "redis_cache_db": 6}
    wanted = {"redis_cache_ttl": 86_400, "filter_type": "whitelist", "filter_keys": keys}
    return Bot("deduplicator", "intelmq.bots.experts.deduplicator.expert", redis | wanted)


def require_programs(bench: str) -> None:
    require(bench, "redis-server", "redis-server")
    if os.geteuid() == 0:
        require(bench, "setpriv", "util-linux")


def install() -> None:
    if (PEER_ENVIRONMENT / "bin" / "intelmqctl").exists():
        return
    subprocess.run([sys.executable, "-m", "venv", str(PEER_ENVIRONMENT)], check=True)
    # With redis-py 8 the bots of IntelMQ 3.5 stall for seconds between messages.
    packages = ("intelmq", "pyasn", "redis<6")
    subprocess.run([str(PEER_ENVIRONMENT / "bin" / "pip"), "install", "-q", *packages], check=True)


def run(folder: Path, given: Path, bots: list[Bot], rows: int) -> dict[str, float]:
    """Wall and CPU seconds a row, all bots and Redis together, once they are up; the file is moved away."""
    install()
    root = folder / "intelmq"
    for name in ("etc", "var/log", "var/run", "var/lib/bots", "in", "out"):
        (root / name).mkdir(parents=True)
    port, output = free_port(), root / "out" / "events.json"
    configuration = _configuration(root, port, output, given.suffix, bots)
    (root / "etc" / "runtime.yaml").write_text(json.dumps(configuration))
    (root / "etc" / "harmonization.conf").write_bytes(
        next(PEER_ENVIRONMENT.rglob("site-packages/intelmq/etc/harmonization.conf")).read_bytes()
    )
    redis = subprocess.Popen(
        ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
        stdout=subprocess.DEVNULL,
        cwd=root,
    )
    environment = os.environ | {"INTELMQ_ROOT_DIR": str(root), "ROOT_DIR": str(root)}
    started: list[subprocess.Popen[bytes]] = []
    try:
        given.rename(root / given.name)
        give_to_nobody(root)
        for name, settings in configuration.items():
            if name != "global":
                command = [*without_root(), str(PEER_ENVIRONMENT / "bin" / str(settings["module"])), name]
                started.append(
                    subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                )
        processes = [one.pid for one in (*started, redis)]
        wait_until_idle(processes)
        taken = root / "in" / given.name
        (root / given.name).rename(taken)
        wall, cpu = wait_for_rows(taken, output, rows, processes)
        return {"wall": wall / rows, "cpu": cpu / rows}
    finally:
        for process in [*started, redis]:
            process.terminate()
        for process in [*started, redis]:
            process.wait()


def _configuration(root: Path, port: int, output: Path, suffix: str, bots: list[Bot]) -> dict[str, dict[str, object]]:
    collect = {"path": str(root / "in"), "postfix": suffix, "delete_file": True, "rate_limit": 1}
    chain = [
        Bot("collector", "intelmq.bots.collectors.file.collector_file", collect),
        *bots,
        Bot("output", "intelmq.bots.outputs.file.output", {"file": str(output)}),
    ]
    following = [[f"{one.name}-queue"] for one in chain[1:]]
    found: dict[str, dict[str, object]] = {
        "global": {
            "source_pipeline_host": "127.0.0.1",
            "source_pipeline_port": port,
            "destination_pipeline_host": "127.0.0.1",
            "destination_pipeline_port": port,
            "logging_level": "ERROR",
            "logging_path": str(root / "var" / "log"),
        }
    }
    for place, one in enumerate(chain):
        parameters = {name: port if value == "{port}" else value for name, value in one.parameters.items()}
        if place < len(following):
            parameters["destination_queues"] = {"_default": following[place]}
        group = one.module.split(".")[2].removesuffix("s").capitalize()
        found[one.name] = {
            "bot_id": one.name,
            "enabled": True,
            "group": group,
            "module": one.module,
            "name": one.name,
            "run_mode": "continuous",
            "parameters": parameters,
        }
    return found


def without_root() -> list[str]:
    """What stands before a bot's command: IntelMQ refuses to run as root, so it runs as nobody, who may read all."""
    if os.geteuid() != 0:
        return []
    rights = "-all,+dac_read_search"
    return [
        *("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"),
        *(f"--inh-caps={rights}", f"--ambient-caps={rights}", f"--bounding-set={rights}"),
    ]


def give_to_nobody(folder: Path) -> None:
    """Let the bots write where they run, and read what they are given."""
    if os.geteuid() == 0:
        for parent in (folder.parent, folder.parent.parent):
            parent.chmod(0o711)
        for path in (folder, *folder.rglob("*")):
            os.chown(path, NOBODY, NOBODY)


def wait_until_idle(processes: list[int]) -> None:
    """Return when the bots have started and wait for work."""
    deadline = time.perf_counter() + PEER_DEADLINE_SECONDS
    spent = 0.0
    while time.perf_counter() < deadline:
        time.sleep(2)
        before, spent = spent, cpu_seconds(processes)
        # The collector looks for files once a second.
        if before and spent - before < 0.1:
            return
    raise TimeoutError(f"IntelMQ did not come to rest within {PEER_DEADLINE_SECONDS} s")


def wait_for_rows(taken: Path, output: Path, rows: int, processes: list[int]) -> tuple[float, float]:
    """Wall and CPU seconds from when the list is taken until its last row stands in the output."""
    spent, begin = cpu_seconds(processes), 0.0
    deadline = time.perf_counter() + PEER_DEADLINE_SECONDS
    while time.perf_counter() < deadline:
        begin = begin or (0.0 if taken.exists() else time.perf_counter())
        if output.exists() and output.read_bytes().count(b"\n") >= rows:
            return time.perf_counter() - begin, cpu_seconds(processes) - spent
        time.sleep(0.02)
    raise TimeoutError(f"IntelMQ did not write {rows} rows within {PEER_DEADLINE_SECONDS} s")
