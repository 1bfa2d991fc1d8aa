"""A fuzzer a format: no crash, no endless loop, bounded memory. Short here; ten minutes a format in the slow run."""

import os
import random
import resource
import time

import pytest

from tests.faults.fuzzing import damaged
from tests.formats.alerts.reading import read
from tests.formats.alerts.samples import PAIRS
from vonggac.errors import InputError
from vonggac.formats.alerts import FORMATS

LEAST = 30
NAMES = [one.name for one in FORMATS if one.name != "json"]
SLOW_SECONDS = float(os.environ.get("VONGGAC_FUZZ_SECONDS", "600"))


def fuzz(name: str, seconds: float, seed: int) -> tuple[int, int, int]:
    """(files tried, records, refusals) of one format within the time."""
    chance = random.Random(seed)  # noqa: S311  repeatable harm, no secret
    pairs = [pair for pair in PAIRS if pair.name == name]
    tried = records = refusals = 0
    end = time.monotonic() + seconds
    # A busy machine does little in that time: never fewer than LEAST.
    while tried < LEAST or time.monotonic() < end:
        pair = chance.choice(pairs)
        content = damaged(pair.content, chance)
        try:
            records += read(content, chance.choice((name, None)), pair.file_name).records
        except InputError:
            refusals += 1
        tried += 1
    return tried, records, refusals


@pytest.mark.parametrize("name", NAMES)
def test_harmed_files_never_crash_the_reader(name: str) -> None:
    tried, records, _ = fuzz(name, 0.4, seed=20240420)
    assert tried >= LEAST
    assert records > 0


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_harmed_files_never_crash_the_reader_for_ten_minutes(name: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    tried, records, refusals = fuzz(name, SLOW_SECONDS, seed=time.time_ns())
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10
    print(f"{name}: {tried} harmed files, {records} records, {refusals} refusals, {grown} MiB more")  # noqa: T201
    assert tried > 100
    assert grown < 300
