"""`vonggac up --exercise`: the practice desk, in a home that is nothing else, with a database of its own."""

import os
import shutil
from pathlib import Path

from vonggac.errors import ConfigurationError
from vonggac.server import opening
from vonggac.server.home import Home
from vonggac.server.postgres import cluster_of
from vonggac.server.supervisor import Say, Supervisor

FOLDER = "exercise"
SCALE = 0.05
SEED = 1


def default_path() -> Path:
    """The practice desk's home beside the real one."""
    real = Home.chosen().path
    return real.with_name(f"{real.name}-exercise")


def run(home: Home, host: str, port: int, *, scale: float = SCALE, seed: int = SEED, say: Say) -> None:
    """Run the practice desk until it is stopped; when its page orders a wipe, take all away and begin anew."""
    # Neither the real desk's database nor its mail is for an exercise.
    for name in ("VONGGAC_DATABASE_URL", "VONGGAC_MAIL_HOST"):
        os.environ.pop(name, None)
    refuse_real_desk(home)
    # The mark comes before everything else: a start that is broken off leaves an exercise, never a real desk.
    (home.path / FOLDER).mkdir(parents=True, exist_ok=True, mode=0o700)
    wipe = home.path / FOLDER / "wipe"
    if wipe.exists():
        remove(home)
    while True:
        prepare(home, scale, seed, say)
        Supervisor(home, host, port, say=say, ends_with=wipe).run()
        if not wipe.exists():
            return
        say("Wiping the exercise …")
        remove(home)
        seed += 1


def refuse_real_desk(home: Home) -> None:
    """Raise ConfigurationError where a real desk keeps its data: it never becomes an exercise."""
    if home.secrets.exists() and not (home.path / FOLDER).exists():
        raise ConfigurationError(
            f"{home.path} is a real desk and cannot become an exercise; name another folder with --home"
        )


def refuse_practice_desk(home: Home) -> None:
    """Raise ConfigurationError where an exercise lies: real work does not belong in it."""
    if (home.path / FOLDER).exists():
        raise ConfigurationError(f"{home.path} is an exercise; start it with --exercise, or name another --home")


def prepare(home: Home, scale: float, seed: int, say: Say) -> None:
    """Have the province in the home and its register entered; quick when they are there."""
    world = home.path / FOLDER / "world"
    if not world.exists():
        say("Writing the exercise's province …")
        _write_world(world, scale, seed)
    if (home.path / FOLDER / "state.json").exists():
        return
    say("Entering its register …")
    with opening.opened(home.path, may_begin=True):
        from django.db import connections  # noqa: PLC0415  # needs Django set up

        from vonggac.exercise import desk  # noqa: PLC0415  # its models need Django set up

        try:
            desk.begin(say)
        finally:
            connections.close_all()


def remove(home: Home) -> None:
    """Take away everything but the keys: the database, the lake, the province."""
    cluster = cluster_of(home)
    cluster.stop()
    for path in (cluster.data, home.lake, home.evidence, home.raw, home.path / "mail", home.path / FOLDER):
        shutil.rmtree(path, ignore_errors=True)
    (home.path / "exercise-clock").unlink(missing_ok=True)
    # The mark stays: a home that was an exercise is one until somebody deletes it.
    (home.path / FOLDER).mkdir()


def _write_world(world: Path, scale: float, seed: int) -> None:
    import numpy as np  # noqa: PLC0415  # 0.2 s that a second start does not need

    from vonggac.exercise.generate import generate  # noqa: PLC0415

    aside = world.with_name("world.part")
    shutil.rmtree(aside, ignore_errors=True)
    aside.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    generate(aside, np.random.default_rng(seed), name=f"hai-van-{seed}", scale=scale)
    (aside / "truth.json").rename(aside.with_name("truth.json"))
    aside.rename(world)
