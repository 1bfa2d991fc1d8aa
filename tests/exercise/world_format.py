"""A small reader of world folders, after docs/reference/exercise-format.md alone: says what is wrong with one."""

import csv
import ipaddress
import json
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

NEEDED = {
    "organisations.csv": {"code", "name", "kind", "parent"},
    "networks.csv": {"network", "organisation"},
    "assets.csv": {"name", "kind", "organisation", "address"},
    "sensors.csv": {"name", "kind", "organisation", "networks"},
    "lists.csv": {"file", "sender", "received_utc"},
}
OPTIONAL = {
    "heartbeats.csv": {"sensor", "from_utc", "to_utc"},
    "rotation.csv": {"sensor", "file", "from_utc", "to_utc", "records"},
    "arrivals.csv": {"file", "received_utc"},
    "taken_back.csv": {"file", "time_utc", "reason"},
    "claims.csv": {"host", "time_utc", "claim", "by"},
    "people.csv": {"name", "email", "role", "organisation"},
    "roster.csv": {"post", "from_utc", "to_utc", "person", "skill"},
    "contacts.csv": {"name", "organisation", "phone", "email", "printed_in", "checked_on"},
    "answers.csv": {"organisation", "clause", "after_hours", "answer", "text", "file"},
    "systems.csv": {"code", "name", "organisation", "level"},
}
VERDICTS = {"proven", "contradicted", "not_observable", "open"}
WORDS = {"received", "done", "cannot", "not_ours"}
TRUTHS = {"clean", "infected", "moved", "never_listed"}


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    """The rows of one table; none where an optional table is absent."""
    path = folder / name
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


def moment(text: str) -> datetime:
    """The UTC moment of an ISO text; raises ValueError for anything else."""
    if not text.endswith("Z"):
        raise ValueError(f"not UTC: {text}")
    return datetime.fromisoformat(text).astimezone(UTC)


def complaints(folder: Path) -> list[str]:
    """Everything in which the folder departs from the format; empty for a sound world."""
    absent = [f"{name} is missing" for name in ("world.toml", *NEEDED) if not (folder / name).is_file()]
    return absent or list(_columns(folder)) or [
        *_world(folder), *_times(folder), *_register(folder), *_sensors(folder),
        *_files(folder), *_claims(folder), *_words(folder), *_answers(folder),
    ]  # fmt: skip


def _columns(folder: Path) -> Iterator[str]:
    for name, wanted in (NEEDED | OPTIONAL).items():
        if (folder / name).exists():
            with (folder / name).open(encoding="utf-8", newline="") as source:
                lacking = wanted - set(next(csv.reader(source), []))
            yield from (f"{name} lacks the column {column}" for column in sorted(lacking))


def _world(folder: Path) -> Iterator[str]:
    world = tomllib.loads((folder / "world.toml").read_text(encoding="utf-8"))
    if not world["world"]["name"]:
        yield "the world has no name"
    if any(moment(one["received_utc"]) > moment(world["world"]["now_utc"]) for one in rows(folder, "lists.csv")):
        yield "a list is received after now_utc"
    if set(world.get("rule", {})) - {"clean_days", "gap_seconds", "log_grace_hours"}:
        yield "[rule] holds a key that nobody knows"


def _times(folder: Path) -> Iterator[str]:
    for name in NEEDED | OPTIONAL:
        for number, row in enumerate(rows(folder, name), start=2):
            for column, text in row.items():
                if text and column.endswith("_utc"):
                    try:
                        moment(text)
                    except ValueError as error:
                        yield f"{name}:{number}: {error}"
            begin, end = row.get("from_utc"), row.get("to_utc")
            if begin and end and datetime.fromisoformat(begin) >= datetime.fromisoformat(end):
                yield f"{name}:{number}: an interval that ends before it begins"


def _register(folder: Path) -> Iterator[str]:
    codes = {row["code"] for row in rows(folder, "organisations.csv")}
    roots = [row for row in rows(folder, "organisations.csv") if not row["parent"]]
    if len(roots) != 1:
        yield f"{len(roots)} roots"
    for row in rows(folder, "organisations.csv"):
        if row["parent"] and row["parent"] not in codes:
            yield f"organisation {row['code']} has an unknown parent"
    for name in ("networks.csv", "assets.csv", "sensors.csv", "people.csv", "contacts.csv", "systems.csv"):
        found = {row["organisation"] for row in rows(folder, name)}
        yield from (f"{name}: unknown organisation {one}" for one in sorted(found - codes))
    yield from _addresses(folder)


def _addresses(folder: Path) -> Iterator[str]:
    for row in rows(folder, "networks.csv"):
        ipaddress.ip_network(row["network"])
    for row in rows(folder, "assets.csv"):
        ipaddress.ip_address(row["address"])
        if row.get("nat_pool"):
            ipaddress.ip_network(row["nat_pool"])
        if row["kind"] not in {"server", "workstation"}:
            yield f"asset {row['name']} is a {row['kind']}"


def _sensors(folder: Path) -> Iterator[str]:
    names = [row["name"] for row in rows(folder, "sensors.csv")]
    if len(set(names)) != len(names):
        yield "two sensors of one name"
    for row in rows(folder, "sensors.csv"):
        for network in row["networks"].split():
            ipaddress.ip_network(network)
        if row["kind"] not in {"flow", "dns", "nat", "dhcp"}:
            yield f"sensor {row['name']} is a {row['kind']}"
        if row.get("silence", "") not in {"", "heartbeat", "rotation"}:
            yield f"sensor {row['name']} is silent by {row['silence']}"
    logs = {path.name for path in (folder / "logs").glob("*")}
    told = {row["sensor"] for name in ("heartbeats.csv", "rotation.csv") for row in rows(folder, name)}
    yield from (f"unknown sensor {one}" for one in sorted((logs | told) - set(names)))


def _files(folder: Path) -> Iterator[str]:
    for row in rows(folder, "lists.csv"):
        if not (folder / "lists" / row["file"]).is_file():
            yield f"list {row['file']} is missing"
    for row in rows(folder, "arrivals.csv"):
        if not (folder / "logs" / row["file"]).is_file():
            yield f"arrival of {row['file']}, which is not in logs/"
    for row in rows(folder, "taken_back.csv"):
        if not (folder / "logs" / row["file"]).is_file():
            yield f"{row['file']} is taken back, which is not in logs/"
    received = [row["received_utc"] for row in rows(folder, "lists.csv")]
    if received != sorted(received):
        yield "lists.csv is not in order of receipt"


def _claims(folder: Path) -> Iterator[str]:
    assets = {row["name"] for row in rows(folder, "assets.csv")}
    for row in rows(folder, "claims.csv"):
        if row["claim"] not in {"clean", "not_ours"}:
            yield f"claim {row['claim']}"
        if row["host"] not in assets and not _is_address(row["host"]):
            yield f"claim for {row['host']}, which is neither asset nor address"


def _words(folder: Path) -> Iterator[str]:
    codes = {row["code"] for row in rows(folder, "organisations.csv")}
    for number, row in enumerate(rows(folder, "answers.csv"), start=2):
        if row["organisation"] not in codes or row["answer"] not in WORDS or float(row["after_hours"]) <= 0:
            yield f"answers.csv:{number}: {row}"
        if row["file"] and not (folder / "answers" / row["file"]).is_file():
            yield f"answers.csv:{number}: {row['file']} is not there"


def _answers(folder: Path) -> Iterator[str]:
    assets = {row["name"] for row in rows(folder, "assets.csv")}
    claimed = {row["host"] for row in rows(folder, "claims.csv") if row["claim"] == "clean"}
    for name in ("truth.json", "expected.json"):
        path = folder / name
        hosts = json.loads(path.read_text(encoding="utf-8"))["hosts"] if path.exists() else {}
        for host, answer in hosts.items():
            if host not in assets and not _is_address(host):
                yield f"{name}: unknown host {host}"
            if name == "truth.json" and (answer["truth"] not in TRUTHS or not isinstance(answer["observable"], bool)):
                yield f"truth of {host}: {answer}"
            if name == "expected.json":
                yield from _expectation(host, answer, is_claimed=host in claimed)


def _expectation(host: str, answer: dict[str, object], *, is_claimed: bool) -> Iterator[str]:
    if answer["verdict"] not in VERDICTS:
        yield f"expected verdict of {host}: {answer['verdict']}"
    if answer["claimed"] != is_claimed:
        yield f"{host} is expected as claimed={answer['claimed']}"
    if bool(answer["missing"]) != (answer["verdict"] == "not_observable"):
        yield f"{host} is {answer['verdict']} with missing {answer['missing']}"


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
