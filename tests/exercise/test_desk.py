"""The exercise as a desk: begun once, moved day by day, wiped on order; a real desk has none of it."""

import csv
import json
import shutil
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from vonggac.cases import services as cases
from vonggac.cases.models import Case
from vonggac.cases.services import Answer
from vonggac.directives.models import Directive
from vonggac.directives.queries import matrix
from vonggac.directives.services import Entering
from vonggac.duty.models import Message
from vonggac.errors import ConfigurationError, NotPermitted, WrongState
from vonggac.exercise import desk
from vonggac.flows import directive as directives
from vonggac.jobs.clock import exercise_offset, now
from vonggac.ledger.models import Entry
from vonggac.regimes import regime
from vonggac.register.models import InformationSystem, Organisation, Role, SensorCoverage
from vonggac.server import practice
from vonggac.server.home import Home
from vonggac.tenancy.scope import scoped, system

WORLD = Path(__file__).parents[1] / "worlds" / "late-logs-reverse"
PEOPLE = "name,email,role,organisation\nTrưởng ban,truong@haivan.example,administrator,{root}\n"


SYSTEMS = "code,name,organisation,level\ncong,Cổng thông tin,{root},3\n"


def lay_world(home: Home) -> Path:
    """A small world in the home, as the practice desk lays one there."""
    world = Path(shutil.copytree(WORLD, home.path / desk.FOLDER / "world"))
    root = (world / "organisations.csv").read_text("utf-8").splitlines()[1].split(",")[0]
    (world / "people.csv").write_text(PEOPLE.format(root=root), encoding="utf-8")
    (world / "systems.csv").write_text(SYSTEMS.format(root=root), encoding="utf-8")
    (world / "roster.csv").write_text(
        "post,from_utc,to_utc,person,skill\nTrực ban,2024-04-15T00:00:00Z,2024-04-15T08:00:00Z,Trưởng ban,truc_ban\n",
        encoding="utf-8",
    )
    return world


@pytest.fixture
def begun(db, own_home: Home) -> Home:
    lay_world(own_home)
    desk.begin(pytest.fail)
    return own_home


def proofs() -> dict[str, str]:
    with scoped(system("tests")):
        return dict(Case.objects.values_list("subject", "proof"))


def test_it_begins_with_the_register_on_the_first_morning(begun):
    assert (now().hour, now().year) == (1, 2024)
    with scoped(system("tests")):
        assert Organisation.objects.exists()
        assert list(InformationSystem.objects.values_list("name", "level")) == [("Cổng thông tin", 3)]
        assert sorted(Role.objects.values_list("name", flat=True)) == ["administrator", "head"]
    assert proofs() == {}


def test_it_begins_only_once(begun):
    with pytest.raises(WrongState, match="begun"):
        desk.begin()


def test_each_day_brings_its_files_and_the_late_log_reverses_the_proof(begun):
    seen: dict[str, list[str]] = {"cong-yt": [], "so-tc": []}
    days = []
    while not desk.is_over():
        before, ends = now(), desk.ends_next()
        days.append(desk.next_day())
        assert now() > before
        assert abs(desk.state().played_until - ends) < timedelta(minutes=1)
        for host in seen:
            seen[host] += [proofs()[host]] if host in proofs() else []
    assert seen["cong-yt"][-1] == "contradicted"
    assert "proven" in seen["cong-yt"]
    assert seen["so-tc"][-1] == "proven"
    assert "not_observable" in seen["so-tc"]
    world = desk.world()
    assert [sum(getattr(day, kind) for day in days) for kind in ("lists", "claims", "logs")] == [
        len(world.lists), len(world.claims), len(world.logs),
    ]  # fmt: skip
    with pytest.raises(WrongState, match="over"):
        desk.next_day()


def test_hours_play_every_file_once_and_the_next_day_begins_in_the_morning_again(begun):
    morning = desk.state().played_until
    played = [desk.next_hour(), desk.next_hour()]
    assert [one.ends_utc - morning for one in played] == [timedelta(hours=1), timedelta(hours=2)]
    assert abs(now() - morning - timedelta(hours=2)) < timedelta(minutes=1)
    ends = desk.ends_next()
    assert ends == morning + timedelta(days=1)
    while not desk.is_over():
        played.append(desk.next_day())
    assert played[2].ends_utc == ends
    world = desk.world()
    assert [sum(getattr(one, kind) for one in played) for kind in ("lists", "claims", "logs")] == [
        len(world.lists), len(world.claims), len(world.logs),
    ]  # fmt: skip


def test_sensors_give_signs_of_life_as_the_story_goes_and_in_the_end_all_of_them(begun):
    def heard() -> dict[str, list[tuple[datetime, datetime]]]:
        with scoped(system("tests")):
            told = SensorCoverage.objects.order_by("from_utc").values_list("sensor__name", "from_utc", "to_utc")
            found: dict[str, list[tuple[datetime, datetime]]] = {}
            for name, since, until in told:
                joined = found.setdefault(name, [(since, since)])
                joined[-1:] = [(joined[-1][0], until)] if joined[-1][1] == since else [joined[-1], (since, until)]
            return found

    assert max(until for spans in heard().values() for _, until in spans) <= now()
    desk.next_day()
    assert now() - timedelta(minutes=1) < max(until for spans in heard().values() for _, until in spans) <= now()
    while not desk.is_over():
        desk.next_day()
    rows = csv.DictReader((WORLD / "heartbeats.csv").read_text("utf-8-sig").splitlines())
    ends = desk.world().now_utc
    wanted: dict[str, list[tuple[datetime, datetime]]] = {}
    for row in rows:
        since, until = (datetime.fromisoformat(row[name]) for name in ("from_utc", "to_utc"))
        wanted.setdefault(row["sensor"], []).append((since, min(until, ends)))
    assert {name: spans for name, spans in heard().items() if name in wanted} == wanted


def test_a_sign_that_cannot_be_read_is_told_once_with_its_own_line(db, own_home: Home):
    beats = lay_world(own_home) / "heartbeats.csv"
    lines = beats.read_text("utf-8").splitlines()
    beats.write_text("\n".join([lines[0], *lines[1:], f"{lines[1].split(',')[0]},hôm qua,hôm nay", ""]), "utf-8")
    told: list[str] = []
    desk.begin(told.append)
    assert [one.partition(",")[0] for one in told] == ["heartbeats.csv", "heartbeats.csv"]
    assert all(f"line {len(lines) + 1}," in one for one in told)
    assert desk.next_day().warnings == ()


def test_a_real_desk_has_no_next_day_no_wipe_and_its_own_time(own_home):
    for act in (desk.next_day, desk.next_hour, desk.order_wipe, desk.state):
        with pytest.raises(NotPermitted, match="real desk"):
            act()
    assert exercise_offset().total_seconds() == 0


def test_the_wipe_is_an_order_to_the_process_that_runs_the_exercise(begun):
    desk.order_wipe()
    assert (begun.path / "exercise" / "wipe").exists()


def test_claims_that_wait_for_a_list_are_kept_over_a_restart(begun):
    found = desk.state()
    world = desk.world()
    stored = desk.State(found.played_until, world.claims)
    assert desk.State.from_json(stored.to_json()) == stored
    assert json.loads(stored.to_json())["unheard"][0]["host"] == world.claims[0].host


def test_the_dispatch_is_the_one_that_ships():
    assert "Kính gửi" in desk.dispatch().decode("utf-8")


def test_the_shipped_dispatch_binds_telcos_by_its_second_part_and_everybody_by_its_first(db, own_home: Home):
    practice._write_world(own_home.path / "exercise" / "world", 0.01, 5)
    desk.begin(pytest.fail)
    with scoped(system("tests")):
        office = Organisation.objects.get(code="hv")
        letter, dispatch = directives.receive(desk.dispatch(), desk.DISPATCH, office, at=now())
        directives.confirm_together([letter.pk, dispatch.pk], Entering(now().date()), at=now())
        found = matrix(dispatch.pk, now()).rows
        labels = dict(dispatch.clauses.values_list("pk", "label"))
    bound = {row.code: {labels[clause] for clause in row.cells} for row in found}
    kinds = {row.code: row.kind for row in found}
    first, second = {"1.a", "1.b", "1.c", "1.d"}, {"2.a", "2.b", "2.c", "2.d"}
    assert Counter(kinds.values())["telco"] == 2
    for code, clauses in bound.items():
        assert clauses == (first | second if kinds[code] in {"telco", "isp", "platform"} else first), code


def lay_answers(home: Home, *lines: str) -> None:
    world = home.path / "exercise" / "world"
    (world / "answers").mkdir()
    (world / "answers" / "bao-cao.txt").write_text("Máy đã cài đủ bản vá: 3/5.\n", "utf-8")
    (world / "answers.csv").write_text(
        "\n".join(["organisation,clause,after_hours,answer,text,file", *lines, ""]), "utf-8"
    )


def enter_dispatch() -> Directive:
    """The exercise's dispatch, entered together with its cover letter."""
    with scoped(system("tests")):
        office = Organisation.objects.get(parent__isnull=True)
        letter, dispatch = directives.receive(desk.dispatch(), desk.DISPATCH, office, at=now())
        directives.confirm_together([letter.pk, dispatch.pk], Entering(now().date()), at=now())
    return dispatch


def obligation(unit: str, clause: str) -> Case:
    with scoped(system("tests")):
        return Case.objects.get(organisation__code=unit, obligation__clause__label=clause)


def test_units_answer_the_dispatch_from_when_it_reaches_them_each_at_its_hour(begun):
    lay_answers(
        begun,
        "hv-tc,1.a,2,received,,",
        "hv-tc,1.b,3,done,Đã cài đủ,bao-cao.txt",
        "hv-tc,1.c,4,cannot,Chưa có công cụ,",
        "hv-tc,1.d,30,not_ours,Cấp trên làm thay,",
        "hv-tc,2.a,1,done,không bị giao,",
        "hv-tc,1.b,hôm qua,done,,",
        "hv-tc,1.b,5,maybe,,",
    )
    assert desk.next_day().answers == 0, "nobody has entered the dispatch"
    reached = now()
    dispatch = enter_dispatch()
    with scoped(system("tests")):
        assert desk.entered() == dispatch
    day = desk.next_day()
    assert (day.answers, len(day.warnings)) == (3, 2)
    watch, patches, hosts, plan = (obligation("hv-tc", clause) for clause in ("1.a", "1.b", "1.c", "1.d"))
    assert [case.state for case in (watch, patches, hosts, plan)] == [
        "acknowledged", "claimed", "cannot_comply", "sent",
    ]  # fmt: skip
    assert abs(patches.claimed_at - reached - timedelta(hours=3)) < timedelta(minutes=1)
    assert (patches.claimed_via, patches.claimed_by) == ("mail", "Cán bộ CNTT Sở Tài chính")
    with scoped(system("tests")):
        assert list(patches.evidence.values_list("name", flat=True)) == ["bao-cao.txt"]
    assert desk.next_day().answers == 1
    assert obligation("hv-tc", "1.d").state == "disputed"


def test_what_was_answered_before_a_unit_speaks_stands(begun):
    lay_answers(begun, "hv-tc,1.b,3,cannot,Không kịp,bao-cao.txt")
    enter_dispatch()
    with scoped(system("tests")):
        cases.claim(obligation("hv-tc", "1.b").pk, Answer("qua điện thoại", "Bà An", "phone"), at=now())
    assert desk.next_day().answers == 1
    found = obligation("hv-tc", "1.b")
    assert (found.state, found.claim_text) == ("claimed", "qua điện thoại")
    with scoped(system("tests")):
        assert not found.evidence.exists()


def steps_of(act: str) -> list[tuple[datetime, timedelta, datetime | None, int]]:
    """(when, how long after the case was sent, when its letter was written, the case) of each step of silence."""
    with scoped(system("tests")):
        opened = dict(Case.objects.values_list("pk", "opened_at"))
        written = dict(Message.objects.values_list("pk", "made_at"))
        rows = Entry.objects.filter(act=act, subject_kind="case").values_list("at", "subject_id", "detail")
        return [(at, at - opened[case], written.get(detail["message"]), case) for at, case, detail in rows]


def test_silence_is_reminded_and_reported_at_its_own_hours_within_the_days_played(begun):
    (begun.path / "exercise" / "world" / "claims.csv").unlink()
    rules = regime.on(desk.world().begins_utc.date())
    reported_after = timedelta(hours=rules.limit("acknowledge_hours"))
    reminded_after = reported_after - timedelta(hours=rules.limit("remind_hours"))
    enter_dispatch()
    played = [now()]
    while not desk.is_over():
        desk.next_day()
        played.append(desk.state().played_until)
    for act, wait in (("case.remind", reminded_after), ("case.escalate", reported_after)):
        steps = steps_of(act)
        assert len({at for at, *_ in steps}) > 1, "the dispatch and a list reached the units at different times"
        assert {after for _, after, *_ in steps} == {wait}
        assert not {at for at, *_ in steps} & set(played), "not at the end of a press"
        assert all(letter in {at, None} for at, _, letter, _ in steps)
    with scoped(system("tests")):
        silent = Case.objects.filter(state="sent", opened_at__lte=now() - reported_after)
        assert silent.exists()
        reported = Entry.objects.filter(act="case.escalate", subject_kind="case").values("subject_id")
        assert not silent.exclude(pk__in=reported).exists(), "nobody waits for a job of the machine's clock"


def test_a_unit_is_told_of_nothing_that_it_answered_by_then(begun):
    lay_answers(begun, "hv-tc,1.a,2,received,,", "hv-tc,1.b,22,received,,")
    enter_dispatch()
    desk.next_day()
    desk.next_day()
    reminded, reported = ({case for *_, case in steps_of(act)} for act in ("case.remind", "case.escalate"))
    early, late, never = (obligation("hv-tc", clause).pk for clause in ("1.a", "1.b", "1.c"))
    assert early not in reminded | reported
    assert late in reminded - reported
    assert never in reminded & reported


# Two minutes: a whole province, day by day.
@pytest.mark.slow
def test_of_what_units_say_only_what_is_true_is_proven_and_work_is_left(db, own_home: Home):
    practice._write_world(own_home.path / "exercise" / "world", 0.01, 5)
    desk.begin(pytest.fail)
    dispatch = enter_dispatch()
    while not desk.is_over():
        assert desk.next_day().warnings == ()
    truth = json.loads((own_home.path / "exercise" / "truth.json").read_text("utf-8"))["answers"]
    true = {(one["organisation"], one["clause"]) for one in truth if one["is_true"]}
    with scoped(system("tests")):
        bound = dispatch.obligations.values_list("organisation__code", "clause__label", "case__proof", "case__state")
        proven = {(code, label) for code, label, proof, _ in bound if proof == "proven"}
        states = Counter(state for *_, state in bound)
    assert proven
    assert proven <= true
    assert {label for _, label in proven} == {"1.c"}, "no other clause has a rule that could have proven it by then"
    assert set(states) == {"sent", "acknowledged", "claimed", "cannot_comply", "disputed", "in_progress", "closed"}


def test_what_has_come_so_far_is_the_sum_of_the_days(begun):
    assert (desk.so_far().lists, desk.so_far().claims, desk.so_far().logs) == (0, 0, 0)
    days = [desk.next_day() for _ in range(3)]
    told = desk.so_far()
    assert [told.lists, told.claims, told.logs] == [
        sum(getattr(day, name) for day in days) for name in ("lists", "claims", "logs")
    ]
    assert sum([told.lists, told.claims, told.logs]) > 0


def test_a_home_with_real_secrets_never_becomes_an_exercise(tmp_path: Path):
    home = Home(tmp_path / "real")
    home.prepare()
    with pytest.raises(ConfigurationError, match="real desk"):
        practice.run(home, "127.0.0.1", 8000, say=pytest.fail)
    practice.refuse_practice_desk(home)


def test_an_exercise_is_not_started_as_a_real_desk(tmp_path: Path):
    (tmp_path / "exercise").mkdir()
    practice.refuse_real_desk(Home(tmp_path))
    with pytest.raises(ConfigurationError, match="--exercise"):
        practice.refuse_practice_desk(Home(tmp_path))


def test_a_wipe_leaves_nothing_but_keys_and_the_mark(tmp_path: Path):
    home = Home(tmp_path / "home")
    home.prepare()
    key = home.secret_key()
    lay_world(home)
    (home.path / "exercise-clock").write_text("-5", encoding="utf-8")
    (home.lake / "x").write_text("x", encoding="utf-8")
    practice.remove(home)
    assert home.secret_key() == key
    assert list((home.path / "exercise").iterdir()) == []
    assert not home.lake.exists()
    assert not (home.path / "exercise-clock").exists()


def test_the_province_is_written_with_its_truth_out_of_the_world(tmp_path: Path):
    world = tmp_path / "exercise" / "world"
    practice._write_world(world, 0.01, 5)
    assert not (world / "truth.json").exists()
    assert (tmp_path / "exercise" / "truth.json").exists()
    assert datetime.fromisoformat(
        (world / "lists.csv").read_text("utf-8").splitlines()[1].rsplit(",", 1)[1]
    ) > datetime(2024, 1, 1, tzinfo=UTC)
