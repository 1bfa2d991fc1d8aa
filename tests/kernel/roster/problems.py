"""Small roster problems: by hand, at random for properties, and every roster that a tiny one can have."""

import itertools
import random
from collections.abc import Iterator
from datetime import UTC, datetime

from hypothesis import strategies as st

from vonggac.kernel.roster.checking import check, check_worker
from vonggac.kernel.roster.values import (
    Assignment,
    Burden,
    Problem,
    Rule,
    Rules,
    Slot,
    Stint,
    Verdict,
    Wish,
    Worker,
    minute_of,
)

HOUR, DAY = 60, 24 * 60
# Midnight of Monday 2026-12-07 at +07:00.
MONDAY = minute_of(datetime(2026, 12, 6, 17, tzinfo=UTC))
SHIFTS = {"S": 6, "C": 14, "Đ": 22}


def at(day: int, hour: float) -> int:
    """The minute of a local hour, days after the Monday."""
    return MONDAY + day * DAY + round(hour * HOUR)


def slot(day: int, code: str = "S", post: str = "p", **more) -> Slot:
    begin = at(day, SHIFTS[code])
    return Slot(f"{post} {day} {code}", post, begin, begin + 8 * HOUR, code=code, **more)


def worker(name: str, *posts: str, **more) -> Worker:
    return Worker(name, frozenset(posts or ("p",)), **more)


def weeks(count: int, people: int, minimum: int = 1, **more) -> Problem:
    """One post with three shifts a day."""
    slots = tuple(slot(day, code, minimum=minimum) for day in range(count * 7) for code in SHIFTS)
    return Problem(slots, tuple(worker(f"w{number}", **more) for number in range(people)))


@st.composite
def problems(
    draw: st.DrawFn, *, slots: int, workers: int, days: int = 4, fixed: bool = False, stints: int = 0
) -> Problem:
    """Up to so many slots and people in a few days, with every rule drawn; all on odd hours and of odd lengths.

    `stints`: the most that anybody stands outside of the plan, before, beside or after it.
    """
    posts = ("p", "q")
    made = []
    for number in range(draw(st.integers(1, slots))):
        begin = at(draw(st.integers(0, days - 1)), draw(st.integers(0, 23)))
        minimum = draw(st.integers(0, 2))
        made.append(
            Slot(
                f"s{number}", draw(st.sampled_from(posts)), begin, begin + draw(st.integers(1, 14)) * HOUR,
                minimum=minimum, wished=draw(st.sampled_from((0, 0, minimum + 1))),
                skills=draw(st.sampled_from(((), (("lead", 1),), (("lead", 1), ("net", 2))))),
                is_on_call=draw(st.integers(0, 5)) == 0,
            )
        )  # fmt: skip
    people = tuple(draw(_workers(f"w{number}", posts, days, stints)) for number in range(draw(st.integers(1, workers))))
    rules = Rules(
        rest_minutes=draw(_rule(0, 14 * HOUR)), nights_in_row=draw(_rule(1, 3)), days_in_row=draw(_rule(1, 4)),
        weekly_minutes=draw(_rule(10 * HOUR, 40 * HOUR)), holidays=frozenset({draw(st.integers(20_794, 20_797))}),
    )  # fmt: skip
    pairs = [Assignment(one.id, person.id) for one in made for person in people]
    kept = draw(st.sets(st.sampled_from(pairs), max_size=2)) if fixed else ()
    return Problem(tuple(made), people, rules, fixed=frozenset(kept))


def _rule(least: int, most: int) -> st.SearchStrategy[Rule | None]:
    return st.none() | st.integers(least, most).map(lambda limit: Rule(limit, "law"))


@st.composite
def _workers(draw: st.DrawFn, name: str, posts: tuple[str, ...], days: int, stints: int) -> Worker:
    def span(first: int = 0, most: int = 30) -> tuple[int, int]:
        begin = at(draw(st.integers(first, days)), draw(st.integers(0, 23)))
        return begin, begin + draw(st.integers(1, most)) * HOUR

    return Worker(
        name,
        frozenset(draw(st.sets(st.sampled_from(posts)))),
        frozenset(draw(st.sets(st.sampled_from(("lead", "net"))))),
        leave=tuple(span() for _ in range(draw(st.integers(0, 1)))),
        wishes=tuple(
            Wish(*span(), draw(st.booleans()), draw(st.integers(1, 3))) for _ in range(draw(st.integers(0, 2)))
        ),
        history={Burden.NIGHTS: draw(st.integers(0, 3)), Burden.SHIFTS: draw(st.integers(0, 3))},
        stints=tuple(Stint(*span(-2, 12), draw(st.integers(0, 5)) == 0) for _ in range(draw(st.integers(0, stints)))),
        is_barred_from_nights=draw(st.integers(0, 3)) == 0,
        weekly_minutes=draw(st.none() | st.integers(8, 40).map(lambda hours: hours * HOUR)),
        most_slots=draw(st.none() | st.integers(0, 3)),
        slots_counted=draw(st.integers(-1, 2)) if stints else 0,
        share_percent=draw(st.sampled_from((100, 100, 50))),
    )


def every_roster(problem: Problem) -> Iterator[tuple[frozenset[Assignment], Verdict]]:
    """Every roster that breaks no rule, with what the checker says of it."""
    own = []
    for person in problem.workers:
        subsets = itertools.chain.from_iterable(
            itertools.combinations(problem.slots, count) for count in range(len(problem.slots) + 1)
        )
        own.append([(person.id, some) for some in subsets if not check_worker(problem.rules, person, some)])
    for choice in itertools.product(*own):
        roster = frozenset(Assignment(one.id, name) for name, some in choice for one in some)
        yield roster, check(problem, roster)


def twin_posts(weeks: int, seed: int) -> Problem:
    """Two posts of ten people, some of whom stand at both; leave, history, a lead a shift, two barred from nights."""
    rng = random.Random(seed)  # noqa: S311  no secret
    slots = tuple(
        slot(day, code, post, minimum=2, skills=(("lead", 1),))
        for post in ("p", "q") for day in range(weeks * 7) for code in SHIFTS
    )  # fmt: skip
    people = []
    for number in range(20):
        home, leave = "pq"[number % 2], rng.randrange(weeks * 7 - 3)
        posts = ("p", "q") if rng.random() < 0.2 else (home,)
        people.append(
            worker(
                f"w{number}", *posts, skills=frozenset({"lead"} if number // 2 % 2 == 0 else ()),
                leave=((at(leave, 0), at(leave + 3, 0)),), is_barred_from_nights=number >= 18,
                history={Burden.NIGHTS: rng.randint(0, 2), Burden.WEEKENDS: rng.randint(0, 2)},
            )
        )  # fmt: skip
    return Problem(slots, tuple(people))
