"""Worlds written by hand before the rule was: each is played through the desk and must end as its author expected."""

import json
import shutil
import unicodedata
from pathlib import Path

import pytest

from vonggac.exercise.judge import Judgement, judge

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_home")]
WORLDS = sorted(path for path in (Path(__file__).parents[1] / "worlds").iterdir() if path.is_dir())


def differences(found: Judgement, expected: dict[str, dict[str, object]]) -> list[str]:
    """Where the judgement departs from what the world's author expected."""
    hosts = {host.name: host for host in found.hosts}
    told = [f"{name} has no case" for name in expected.keys() - hosts.keys()]
    for name in expected.keys() & hosts.keys():
        host, wanted = hosts[name], expected[name]
        if (host.verdict, host.claimed) != (wanted["verdict"], wanted["claimed"]):
            told.append(f"{name}: {host.verdict}, claimed {host.claimed}, missing {host.missing}; expected {wanted}")
        missing = " ".join(host.missing).lower()
        told += [
            f"{name}: {word} is not named in {host.missing}"
            for word in wanted["missing"]
            if word.lower() not in missing
        ]
    return sorted(told)


# Each run plays every fourth of them, --all plays all.
@pytest.mark.parametrize(
    "world",
    [pytest.param(path, marks=[pytest.mark.slow] if number % 4 else []) for number, path in enumerate(WORLDS)],
    ids=[path.name for path in WORLDS],
)
def test_a_world_ends_as_its_author_expected(world: Path):
    warnings: list[str] = []
    found = judge(world, warn=warnings.append)
    expected = json.loads((world / "expected.json").read_text("utf-8"))
    assert differences(found, expected["hosts"]) == []
    assert len(warnings) == len(expected.get("warnings", []))
    assert all(words in told for words, told in zip(expected.get("warnings", []), warnings, strict=True))


def test_a_sender_written_in_other_letters_is_the_sender_whose_next_list_was_awaited(tmp_path: Path):
    world = tmp_path / "world"
    shutil.copytree(WORLDS[0].parent / "gone-then-returned", world)
    lists = (world / "lists.csv").read_text("utf-8").split("Trung tâm giám sát")
    respelled = unicodedata.normalize("NFD", "TRUNG TÂM  giám sát")
    (world / "lists.csv").write_text(
        "Trung tâm giám sát".join(lists[:2]) + respelled + respelled.join(lists[2:]), "utf-8"
    )
    expected = json.loads((world / "expected.json").read_text("utf-8"))
    assert differences(judge(world, warn=pytest.fail), expected["hosts"]) == []
