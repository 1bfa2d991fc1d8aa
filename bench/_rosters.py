"""Made-up problems for the roster benchmark: duty posts of a national desk, and grids shaped like Curtois & Qu's."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from vonggac.kernel.roster.grid.values import Cover, Grid, Person, Request, Shift
from vonggac.kernel.roster.values import Burden, Problem, Rules, Slot, Wish, Worker, day_of, minute_of

MONDAY = datetime(2026, 12, 6, 17, tzinfo=UTC)  # midnight of 2026-12-07 at +07:00
DAY = 24 * 60
SHIFTS = (("S", 6), ("C", 14), ("Đ", 22))


def duty(people: int, weeks: int, posts: int, seed: int = 1) -> Problem:
    """Posts with three shifts a day, two people each, a lead among them; people in even groups, some on two posts.

    Everybody has three days of leave, two wishes and some nights borne before; one in ten may not work at night.
    """
    rng = random.Random(seed)  # noqa: S311  no secret
    start = minute_of(MONDAY)
    slots = tuple(
        Slot(
            f"p{post} {day} {code}", f"p{post}", start + day * DAY + hour * 60, start + day * DAY + (hour + 8) * 60,
            minimum=2, skills=(("lead", 1),), code=code,
        )
        for post in range(posts) for day in range(weeks * 7) for code, hour in SHIFTS
    )  # fmt: skip
    return Problem(
        slots,
        tuple(_worker(rng, number, posts, weeks * 7, start) for number in range(people)),
        replace(Rules(), holidays=frozenset({day_of(date(2027, 1, 1))})),
    )


def _worker(rng: random.Random, number: int, posts: int, days: int, start: int) -> Worker:
    home = number % posts
    own = {f"p{home}"} | ({f"p{home ^ 1}"} if rng.random() < 0.2 and (home ^ 1) < posts else set())
    leave = rng.randrange(days - 3)
    wishes = tuple(
        Wish(start + day * DAY, start + (day + 1) * DAY, wants_duty=rng.random() < 0.3, weight=rng.randint(1, 3))
        for day in (rng.randrange(days) for _ in range(2))
    )
    return Worker(
        f"w{number}",
        frozenset(own),
        frozenset({"lead"} if number // posts % 2 == 0 else ()),
        leave=((start + leave * DAY, start + (leave + 3) * DAY),),
        wishes=wishes,
        history={Burden.NIGHTS: rng.randint(0, 2), Burden.WEEKENDS: rng.randint(0, 2)},
        is_barred_from_nights=number // posts % 10 == 9,
    )


def grid(people: int, weeks: int, kinds: int, seed: int) -> Grid:
    """A grid with the traits of the benchmark: full and part time, days off, requests, cover that is just in reach."""
    rng, days = random.Random(seed), weeks * 7  # noqa: S311  no secret
    names = [f"k{number}" for number in range(kinds)]
    lengths = [rng.choice((480, 480, 480, 540, 600, 720)) if kinds > 2 else 480 for _ in names]
    shifts = tuple(
        Shift(name, length, frozenset(names[:place]))
        for place, (name, length) in enumerate(zip(names, lengths, strict=True))
    )
    persons = tuple(_person(rng, f"P{number}", shifts, weeks) for number in range(people))
    requests = tuple(request for person in persons for request in _requests(rng, person.id, names, days))
    return Grid(days, shifts, persons, requests, tuple(_covers(rng, persons, shifts, days)))


def _person(rng: random.Random, name: str, shifts: tuple[Shift, ...], weeks: int) -> Person:
    days, is_part_time = weeks * 7, rng.random() < 0.25
    can = [shift.id for shift in shifts if rng.random() < 0.8] or [shifts[0].id]
    most = {one: days if rng.random() < 0.7 else max(2, days // 4) for one in can} | {rng.choice(can): days}
    week = 1080 if is_part_time else 2160
    return Person(
        name, most, least_minutes=weeks * (600 if is_part_time else 1800), most_minutes=weeks * week,
        least_in_row=1 if is_part_time else 2, most_in_row=rng.choice((5, 5, 6)), least_days_off=rng.choice((2, 2, 3)),
        most_weekends=max(1, rng.choice((weeks // 2, weeks * 3 // 4))),
        days_off=frozenset(rng.sample(range(days), max(1, weeks // 2))),
    )  # fmt: skip


def _requests(rng: random.Random, person: str, names: list[str], days: int) -> list[Request]:
    found = {}
    for _ in range(rng.randint(1, 1 + days // 10)):
        first, name = rng.randrange(days), rng.choice(names)
        weight, is_wanted = rng.randint(1, 3), rng.random() < 0.6
        for day in range(first, min(days, first + rng.randint(1, 5))):
            found[day] = Request(person, day, name, weight, is_wanted)
    return list(found.values())


def _covers(rng: random.Random, persons: tuple[Person, ...], shifts: tuple[Shift, ...], days: int) -> list[Cover]:
    """A cover that asks for about all the hours that people may work, as the benchmark's does."""
    hours = sum(one.most_minutes for one in persons)
    mean = sum(shift.minutes for shift in shifts) / len(shifts)
    each = hours / mean / days / len(shifts)
    return [
        Cover(day, shift.id, max(1, round(each + rng.uniform(-1.4, 1.4))), 100, 1)
        for day in range(days) for shift in shifts
    ]  # fmt: skip


def ill_from(days: int) -> tuple[int, int]:
    """A span of three days that begins so many days after the plan."""
    first = minute_of(MONDAY + timedelta(days=days, hours=6))  # when the night that has begun is over
    return first, first + 3 * DAY
