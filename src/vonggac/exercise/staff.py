"""The duty side of the exercise: who stands at which post when, whom to call, which information systems there are."""

from collections.abc import Iterator

import numpy as np

from vonggac.exercise.clock import HOUR_US, WATCHED_DAYS, Calendar, iso
from vonggac.exercise.names import PEOPLE, PROVINCE
from vonggac.exercise.province import Province

Row = tuple[object, ...]
SHIFT_HOURS = 8
# The clock runs on after the last file was played: somebody is still on duty then.
ROSTER_DAYS = WATCHED_DAYS + 7
SKILLS = {"duty": "truc_ban", "lead": "truong_ca", "analyst": "phan_tich"}


def people(province: Province) -> Iterator[Row]:
    """`name,email,role,organisation`: the desk's own posts, then a head and an IT officer for every organisation."""
    yield "name", "email", "role", "organisation"
    for number, (name, kind) in enumerate(PEOPLE, start=1):
        role = "analyst" if kind == "analyst" else "duty_officer"
        yield name, f"{kind}{number}@haivan.example", role, "hv"
    yield "Quản trị Một", "quantri1@haivan.example", "administrator", "hv"
    yield "Kiểm tra Một", "kiemtra1@haivan.example", "auditor", "hv"
    for one in province.organisations:
        yield f"Lãnh đạo {one.name}", f"lanhdao@{one.code}.haivan.example", "head", one.code
        yield f"Cán bộ CNTT {one.name}", f"cntt@{one.code}.haivan.example", "it_officer", one.code


def roster(calendar: Calendar, rng: np.random.Generator) -> Iterator[Row]:
    """`post,from_utc,to_utc,person,skill`: three shifts a day for three weeks; in the second, one is left open."""
    yield "post", "from_utc", "to_utc", "person", "skill"
    posts = (("Trực ban", "duty"), ("Trưởng ca", "lead"))
    watched = WATCHED_DAYS * 24 // SHIFT_HOURS
    hole = int(rng.integers(watched // 2, watched))
    for shift in range(ROSTER_DAYS * 24 // SHIFT_HOURS):
        begin = calendar.start_us + shift * SHIFT_HOURS * HOUR_US
        for post, kind in posts:
            able = [name for name, one in PEOPLE if one == kind]
            if not (shift == hole and kind == "lead"):
                yield post, iso(begin), iso(begin + SHIFT_HOURS * HOUR_US), able[shift % len(able)], SKILLS[kind]


def contacts(calendar: Calendar) -> Iterator[Row]:
    """`name,organisation,phone,email,printed_in,checked_on`: support contacts with the paper that prints them."""
    yield "name", "organisation", "phone", "email", "printed_in", "checked_on"
    printed = f"01/DT-UBND tỉnh {PROVINCE}"
    day = iso(calendar.start_us)[:10]
    yield "Đầu mối ứng cứu của tỉnh", "hv", "0900 000 001", "ungcuu@haivan.example", printed, day
    yield "Đầu mối điều phối (diễn tập)", "hv", "0900 000 002", "dieuphoi@example.org", printed, ""


def systems(province: Province, rng: np.random.Generator) -> Iterator[Row]:
    """`code,name,organisation,level`: one or two information systems an organisation, levels 1 to 4."""
    yield "code", "name", "organisation", "level"
    for one in province.organisations:
        yield f"{one.code}-portal", f"Cổng thông tin {one.name}", one.code, int(rng.integers(1, 4))
        if one.kind != "commune":
            yield f"{one.code}-business", f"Hệ thống nghiệp vụ {one.name}", one.code, int(rng.integers(2, 5))
