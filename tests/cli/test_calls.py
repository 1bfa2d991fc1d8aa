"""Calls from the shell, on a desk of its own: policies as a file, answering, addresses, a look ahead."""

from datetime import datetime, timedelta

import pytest
from django.utils import translation

from tests.cli.session import Step, held_session
from tests.cli.test_token import home  # noqa: F401  a home that is taken away again
from vonggac.desk import times
from vonggac.desk.times import OFFICE_ZONE

POLICIES = """[[policy]]
organisation = "so"
name = "Ban đêm"
[[policy.steps]]
call = "head"
wait_minutes = 10
"""
AS_HA = ("--as", "ha@example.vn")
# What is typed, the exit status, and what is said.
SESSION: tuple[Step, ...] = (
    (("escalation", "policy", "import", "FILE", "--dry-run"), 0, "1 policy would be kept, 0 were so already"),
    (("escalation", "policy", "list"), 0, ""),
    (
        ("escalation", "policy", "who"),
        0,
        "keeps no policy for this; the desk's built-in plan serves:\non_duty    nobody",
    ),
    (("escalation", "policy", "import", "FILE"), 0, "1 policy kept, 0 were so already"),
    (("escalation", "policy", "import", "FILE"), 0, "0 policies kept, 1 was so already"),
    (
        ("escalation", "policy", "list", "--json"),
        0,
        '"name": "Ban đêm", "post": null, "reasons": [], "steps": ["head 10"]',
    ),
    (("escalation", "policy", "export"), 0, 'call = "head"'),
    (("escalation", "policy", "who"), 0, "Policy 2, Ban đêm, of "),
    (("escalation", "policy", "who", "--policy", "2"), 0, "Hà (ha@example.vn, not tested); then 10 min"),
    (("escalation", "policy", "who", "--policy", "99"), 1, "policy 99 is not among those you may see"),
    (("escalation", "policy", "list"), 0, " · all of the office · every reason: at once: the head of the organisation"),
    (("escalation", "call", "Mất điện phòng máy"), 0, "called by a person · Mất điện phòng máy · "),
    (("escalation", "list"), 0, "called by a person · Mất điện phòng máy · "),
    (("escalation", "list", "--json"), 0, '"reason": "call", "about": "Mất điện phòng máy", "state": "calling"'),
    (("escalation", "acknowledge", "1", *AS_HA), 0, "taken on (Hà at "),
    (("escalation", "note", "1", "--text", "đang gọi điện lực", *AS_HA), 0, "đang gọi điện lực"),
    (("escalation", "show", "1"), 0, "stands  Mất điện phòng máy"),
    (("escalation", "show", "1"), 0, "People are called"),
    (("escalation", "end", "1", "--why", "có điện lại", *AS_HA), 0, "ended"),
    (("escalation", "list"), 0, ""),
    (("escalation", "list", "--all"), 0, "ended"),
    (("escalation", "end", "1", "--why", "lần nữa"), 1, "has ended"),
    (("escalation", "call", "x", "--post", "không có"), 1, "no post called 'không có'"),
    (("escalation", "preflight"), 0, ""),
    (("notify", "add", "ha@example.vn", "rieng@example.vn"), 0, "not tested yet: vonggac notify test ha@example.vn"),
    (
        ("notify", "list", "--json"),
        0,
        '"channel": "mail", "address": "rieng@example.vn", "after_minutes": 0, "tested": null',
    ),
    (("notify", "add", "khong@example.vn", "x@example.vn"), 1, "nobody with the address khong@example.vn"),
    (("notify", "add", "ha@example.vn", "0912", "--channel", "SMS"), 1, "no channel called 'SMS'"),
    (("notify", "channels"), 0, ""),
    (("notify", "try", "SMS", "0912345678"), 1, "no channel called 'SMS'"),
)


@pytest.mark.slow
def test_a_look_ahead_says_its_times_in_one_form(home, tmp_path):  # noqa: F811
    first, second = (datetime.now(OFFICE_ZONE).date() + timedelta(days=days) for days in (2, 3))
    table = tmp_path / "truc.csv"
    lines = (f"Trực ban,{first} 08:00,{first} 16:00,Bình", f"Trực ban,{second} 08:00,{second} 16:00,Bình")
    table.write_text("\n".join(("post,from,to,person", *lines)), encoding="utf-8")
    with translation.override("en"):
        first_said, second_said = times.short_day(first), times.short_day(second)
    steps = (
        (("roster", "import", "FILE"), 0, "2"),
        (("escalation", "preflight"), 1, f"no tested address  Trực ban  {first_said} 08:00–16:00  Bình"),
        (("escalation", "preflight", "--json"), 1, f'"from": "{first}T01:00+00:00", "to": "{first}T09:00+00:00"'),
    )
    _, said, kept = held_session(home, steps, {"FILE": table})
    assert f"nobody leads  Trực ban  {first_said} 16:00 – {second_said} 08:00" in said
    assert {line[len('{"fault": "') :].partition('"')[0] for line in kept.splitlines()} == {"empty", "unreachable"}
    assert "+07:00" not in said + kept


def test_calls_are_tended_from_the_shell(home, tmp_path):  # noqa: F811
    file = tmp_path / "policies.toml"
    file.write_text(POLICIES, encoding="utf-8")
    held_session(home, SESSION, {"FILE": file})
