"""Importing a roster and checking in."""

import importlib
from datetime import UTC, date, datetime, timedelta

import pytest
from click.testing import CliRunner
from django.db import connection

from tests import cast
from tests.cast import NOON
from vonggac.cli.roster import roster
from vonggac.duty import planning, queries, services
from vonggac.duty.models import Eligibility, InPlace, Post, Roster, RosterPost, Shift
from vonggac.duty.services import in_place, members, tables
from vonggac.errors import OutOfScope, UnreadableFile, WrongState
from vonggac.formats.tables import write_xlsx
from vonggac.kernel.roster.values import Burden
from vonggac.ledger.models import Entry
from vonggac.register.models import Person, Role, RoleName
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
HEAD = "post,from_utc,to_utc,person,skill\n"
TABLE = (
    HEAD
    + "Trực ban,2026-04-20T00:00:00Z,2026-04-20T08:00:00Z,Hà,truc_ban\n"
    + "Trực ban,2026-04-20T08:00:00Z,2026-04-20T16:00:00Z,An,truc_ban\n"
    + "Trực ban,2026-04-20T16:00:00Z,2026-04-21T00:00:00Z,Lan,truc_ban\n"
    + "Trưởng ca,2026-04-20T00:00:00Z,2026-04-20T08:00:00Z,Vinh,truong_ca\n"
    + "Trưởng ca,2026-04-20T16:00:00Z,2026-04-21T00:00:00Z,Tín,truong_ca\n"
).encode()


def load(people: cast.Cast, content: bytes, name: str = "roster.csv") -> services.RosterReport:
    rows, rejects = services.read_roster(content, name)
    return services.import_roster(people.organisations["hai-van"], rows, rejects, at=NOON)


def test_a_table_becomes_posts_and_shifts_with_one_ledger_entry(people):
    with scoped(people.scope("ha")):
        report = load(people, TABLE)
        assert (report.added, report.posts_made, report.rejects) == (5, 2, [])
        assert Post.objects.get(name="Trưởng ca").needs_lead
        shift = Shift.objects.get(person_name="Hà")
        assert shift.person == people.people["ha"]
        assert shift.from_utc == datetime(2026, 4, 20, tzinfo=UTC)
        assert Entry.objects.filter(act="roster.import").count() == 1


def test_the_same_table_again_changes_nothing_and_writes_nothing(people):
    with scoped(people.scope("ha")):
        load(people, TABLE)
        again = load(people, TABLE)
        assert (again.added, again.replaced, again.unchanged) == (0, 0, 5)
        assert Entry.objects.filter(act="roster.import").count() == 1


def test_a_later_table_replaces_what_it_covers_but_not_who_was_there(people):
    with scoped(people.scope("ha")):
        load(people, TABLE)
        services.check_in(Shift.objects.get(person_name="Hà").pk, "Hà", at=NOON)
        report = load(people, TABLE.replace(b",An,", b",Quang,").replace("Hà,".encode(), b"Dung,"))
        assert (report.added, report.replaced) == (2, 1)
        names = set(Shift.objects.values_list("person_name", flat=True))
        assert {"Hà", "Dung", "Quang"} <= names
        assert "An" not in names


def test_bad_rows_are_rejects_by_line_and_column(people):
    content = (HEAD + "Trực ban,sáng mai,2026-04-20T08:00:00Z,Hà,\n"
               "Trực ban,2026-04-20T08:00:00Z,2026-04-20T08:00:00Z,Hà,\n"
               "Trực ban,2026-04-20T08:00:00Z,2026-04-20T16:00:00Z,,\n").encode()  # fmt: skip
    rows, rejects = services.read_roster(content, "r.csv")
    assert rows == []
    assert [(reject.line, reject.column) for reject in rejects] == [(2, "from_utc"), (3, "to_utc"), (4, "person")]


def test_a_table_without_the_columns_says_which_one_is_lacking():
    with pytest.raises(UnreadableFile, match="lacks the column from;"):
        services.read_roster(b"post,person\nA,B\n", "r.csv")


@pytest.mark.parametrize(
    "head",
    [
        "post,from,to,person,skill",
        "Vị trí,Từ (giờ Việt Nam),Đến (giờ Việt Nam),Người trực,Kỹ năng",
        "VI TRI,tu,den,nguoi truc",
    ],
)
@pytest.mark.parametrize(
    "times",
    ["2026-04-20 07:00,2026-04-20 15:00", "20/4/2026 7:00,20/04/2026 15:00", "2026-04-20T00:00Z,2026-04-20T08:00Z"],
)
def test_columns_in_both_languages_hold_times_of_hanoi_unless_they_say_otherwise(head, times):
    rows, rejects = services.read_roster(f"{head}\nTrực ban,{times},Hà,\n".encode(), "r.csv")
    assert rejects == []
    assert [(row.from_utc.hour, row.to_utc.hour, row.person) for row in rows] == [(0, 8, "Hà")]


@pytest.mark.parametrize(
    ("head", "hour"),
    [
        ("post,from (UTC),to (UTC),person", 7),
        ("Vị trí,Từ (giờ UTC),Đến (giờ UTC),Người trực", 7),
        ("post,from_utc,to_utc,person", 7),
        ("post,from (GMT+9),to (GMT+9),person", 22),
        ('post,"from (Viet Nam time, UTC+7)","to (Viet Nam time, UTC+7)",person', 0),
    ],
)
def test_the_zone_that_a_column_names_is_the_zone_of_its_times(head, hour):
    content = f"{head}\nTrực ban,2026-04-20 07:00,2026-04-20 15:00,Hà\n".encode()
    rows, rejects = services.read_roster(content, "r.csv")
    assert rejects == []
    assert [row.from_utc.hour for row in rows] == [hour]


def test_a_plan_says_what_a_table_would_change_and_writes_nothing(people):
    with scoped(people.scope("ha")):
        load(people, TABLE)
        services.check_in(Shift.objects.get(person_name="Hà").pk, "Hà", at=NOON)
        shorter = TABLE.replace(b",An,", b",Quang,").replace("Hà,".encode(), b"Dung,")
        rows, rejects = services.read_roster(shorter + "Cổng,2026-04-20 07:00,2026-04-20 15:00,Vy,\n".encode(), "r.csv")
        planned = tables.plan_import(people.organisations["hai-van"], rows, rejects)
        by_name = {one.name: one for one in planned.posts}
        ban = by_name["Trực ban"]
        assert [line.person for line in ban.fresh] == ["Dung", "Quang"]
        assert [shift.person_name for shift in ban.gone] == ["An"]
        assert ([shift.person_name for shift in ban.there], ban.unchanged) == (["Hà"], 1)
        assert by_name["Cổng"].post is None
        assert (planned.report.added, planned.report.replaced, planned.report.posts_made) == (3, 1, 1)
        assert Shift.objects.count() == 5


def whole(shifts) -> list[dict]:
    return list(shifts.order_by("pk").values())


def lay(people: cast.Cast, content: bytes) -> InPlace:
    office = people.organisations["hai-van"]
    planned = tables.plan_import(office, *services.read_roster(content, "r.csv"))
    made = tables.lay(office, planned, file_name="r.csv", by="Hà", at=NOON)
    assert made is not None
    return made


def take_back(made: InPlace, at: datetime = NOON) -> tuple[int, int]:
    done = in_place.take_back(made.pk, by="Hà", at=at)
    return done.removed, done.restored


def test_a_table_taken_back_leaves_what_was_there_before_to_the_letter(people):
    with scoped(people.scope("ha")):
        load(people, TABLE)
        Shift.objects.filter(person_name="An").update(skills=["lead"], is_on_call=True)
        before = whole(Shift.objects)
        changed = TABLE.replace(b",An,", b",Quang,") + "Cổng,2026-04-20 07:00,2026-04-20 15:00,Vy,\n".encode()
        undo = lay(people, changed)
        assert Post.objects.filter(name="Cổng").exists()
        assert take_back(undo) == (2, 1)
        assert whole(Shift.objects) == before
        assert not Post.objects.filter(name="Cổng").exists()
        assert Entry.objects.filter(act="roster.import_undo").get().detail == {
            "name": "r.csv", "by": "Hà", "removed": 2, "restored": 1,
        }  # fmt: skip


def test_who_checked_in_on_a_shift_of_the_table_stays_when_it_is_taken_back(people):
    with scoped(people.scope("ha")):
        undo = lay(people, TABLE)
        services.check_in(Shift.objects.get(person_name="Hà").pk, "Hà", at=NOON)
        assert take_back(undo) == (4, 0)
        assert [shift.person_name for shift in Shift.objects.all()] == ["Hà"]
        assert list(Post.objects.values_list("name", flat=True)) == ["Trực ban"]


def test_a_table_under_a_roster_that_was_published_since_is_not_taken_back(people):
    office = people.organisations["hai-van"]
    with scoped(people.scope("ha")):
        undo = lay(people, TABLE)
        roster = Roster.objects.create(
            organisation=office, org_path=office.path, name="x", from_day=NOON.date(), to_day=NOON.date(), made_at=NOON,
            made_by="Hà", changed_at=NOON, state="published", version=1, published_at=NOON + timedelta(minutes=1),
        )  # fmt: skip
        RosterPost.objects.create(roster=roster, post=Post.objects.get(name="Trực ban"), org_path=office.path)
        with pytest.raises(WrongState, match="published since"):
            take_back(undo, NOON + timedelta(hours=1))
        assert Shift.objects.count() == 5


def changed_by_table(people):
    lay(people, TABLE.replace(b",An,", b",Tam,"))


def changed_by_hand(people):
    Shift.objects.filter(person_name="Quang").update(person_name="Tam")


def changed_beside(people):
    Shift.objects.create(
        post=Post.objects.get(name="Trực ban"), org_path=people.organisations["hai-van"].path, person_name="Tam",
        from_utc=datetime(2026, 4, 19, 20, tzinfo=UTC), to_utc=datetime(2026, 4, 20, 2, tzinfo=UTC),
    )  # fmt: skip


@pytest.mark.parametrize("change", [changed_by_table, changed_by_hand, changed_beside])
def test_a_table_whose_span_has_changed_since_is_not_taken_back(people, change):
    with scoped(people.scope("ha")):
        load(people, TABLE)
        undo = lay(people, TABLE.replace(b",An,", b",Quang,"))
        change(people)
        before = whole(Shift.objects)
        with pytest.raises(WrongState, match="changed since"):
            take_back(undo)
        assert whole(Shift.objects) == before


def test_a_table_is_taken_back_once_and_for_a_day(people):
    with scoped(people.scope("ha")):
        first = lay(people, TABLE)
        with pytest.raises(WrongState, match="for a day"):
            take_back(first, NOON + timedelta(days=1, seconds=1))
        assert in_place.open_ones(first.organisation, at=NOON + timedelta(days=1)) == []
        assert in_place.open_ones(first.organisation, at=NOON) == [first]
        take_back(first)
        with pytest.raises(OutOfScope):
            take_back(first)


def test_the_same_table_again_leaves_nothing_to_take_back(people):
    with scoped(people.scope("ha")):
        load(people, TABLE)
        assert not InPlace.objects.exists(), "by nobody who could take it back"
        made = lay(people, TABLE.replace(b",An,", b",Quang,"))
        same = tables.plan_import(made.organisation, *services.read_roster(TABLE.replace(b",An,", b",Quang,"), "r.csv"))
        assert tables.lay(made.organisation, same, by="Hà", at=NOON) is None
        assert InPlace.objects.get() == made


def test_what_can_be_taken_back_is_forgotten_after_a_day(people):
    office = people.organisations["hai-van"]
    with scoped(people.scope("ha")):
        lay(people, TABLE)
        later = tables.plan_import(office, *services.read_roster(TABLE.replace(b",An,", b",Quang,"), "r.csv"))
        made = tables.lay(office, later, by="Hà", at=NOON + timedelta(days=1))
        assert list(InPlace.objects.all()) == [made]


def test_nobody_else_sees_or_takes_back_a_table(people):
    with scoped(people.scope("ha")):
        made = lay(people, TABLE)
    with scoped(people.scope("vinh")):
        assert in_place.open_ones(made.organisation, at=NOON) == []
        with pytest.raises(OutOfScope):
            take_back(made)


def test_who_is_put_back_on_a_shift_that_has_begun_since_is_due_from_then(people):
    begin = datetime(2026, 4, 20, 8, tzinfo=UTC)
    with scoped(people.scope("ha")):
        load(people, TABLE)
        made = lay(people, TABLE.replace(b",An,", b",Quang,"))
        take_back(made, begin + timedelta(hours=1))
        due = dict(Shift.objects.filter(post__name="Trực ban").values_list("person_name", "put_on_at"))
        assert due == {"Hà": NOON, "An": begin + timedelta(hours=1), "Lan": None}


def test_a_table_of_another_time_hinders_no_taking_back(people):
    with scoped(people.scope("ha")):
        undo = lay(people, TABLE)
        lay(people, TABLE.replace(b"2026-04-2", b"2026-05-2"))
        assert take_back(undo) == (5, 0)


def test_a_table_planned_for_a_roster_that_has_changed_meanwhile_is_not_laid(people):
    office = people.organisations["hai-van"]
    with scoped(people.scope("ha")):
        stale = tables.plan_import(office, *services.read_roster(TABLE, "r.csv"))
        load(people, TABLE.replace(b",An,", b",Quang,"))
        before = whole(Shift.objects)
        with pytest.raises(WrongState, match="changed meanwhile"):
            tables.lay(office, stale, at=NOON)
        late = tables.plan_import(office, *services.read_roster(TABLE, "r.csv"))
        services.check_in(Shift.objects.get(person_name="Quang").pk, "Quang", at=NOON + 4 * timedelta(hours=1))
        with pytest.raises(WrongState, match="changed meanwhile"):
            tables.lay(office, late, at=NOON)
        assert [shift["id"] for shift in whole(Shift.objects)] == [shift["id"] for shift in before]


def test_a_post_that_somebody_makes_while_a_table_makes_it_is_a_refusal_in_words(people, monkeypatch):
    """The plan is looked at once more under the lock; a post made behind it shows by its name being taken."""
    office = people.organisations["hai-van"]
    with scoped(people.scope("ha")):
        planned = tables.plan_import(office, *services.read_roster(TABLE, "r.csv"))
        looked_at_again = tables.plan_import

        def plan_then_lose(*said):
            found = looked_at_again(*said)
            Post.objects.create(organisation=office, org_path=office.path, name="Trực ban")
            return found

        monkeypatch.setattr(tables, "plan_import", plan_then_lose)
        with pytest.raises(WrongState, match="changed meanwhile"):
            tables.lay(office, planned, at=NOON)
        assert not Shift.objects.exists()


def test_a_post_of_the_table_that_is_used_elsewhere_stays(people):
    office = people.organisations["hai-van"]
    with scoped(people.scope("ha")):
        undo = lay(people, TABLE)
        member = members.add_member(office, members.MemberFields("Hà"), [], at=NOON)
        post = Post.objects.get(name="Trực ban")
        Eligibility.objects.create(member=member, post=post, org_path=office.path)
        take_back(undo)
        assert list(Post.objects.all()) == [post]
        assert Eligibility.objects.filter(post=post).exists()


def test_a_workbook_is_read_as_well_as_csv(people):
    columns = ("post", "from_utc", "to_utc", "person", "skill")
    content = write_xlsx(columns, [("Trực ban", "2026-04-20T00:00:00Z", "2026-04-20T08:00:00Z", "Hà", "")])
    rows, rejects = services.read_roster(content, "r.xlsx")
    assert (len(rows), rejects, rows[0].person) == (1, [], "Hà")


def test_checking_in_is_kept_once_and_stands_in_the_ledger(people):
    with scoped(people.scope("ha")):
        load(people, TABLE)
        shift = Shift.objects.get(person_name="Hà")
        services.check_in(shift.pk, "Hà", at=NOON)
        services.check_in(shift.pk, "Hà", at=NOON + timedelta(minutes=5))
        shift.refresh_from_db()
        assert shift.checked_in_at == NOON
        assert Entry.objects.filter(act="shift.check_in").count() == 1


def test_one_cannot_check_in_long_before_or_elsewhere(people):
    with scoped(people.scope("ha")):
        load(people, TABLE)
        later = Shift.objects.get(person_name="Lan").pk
        with pytest.raises(WrongState):
            services.check_in(later, "Hà", at=NOON)
    with scoped(people.scope("vinh")), pytest.raises(OutOfScope):
        services.check_in(later, "Vinh", at=NOON)


def test_the_watch_says_who_is_on_who_comes_and_what_is_missing(people):
    with scoped(people.scope("ha")):
        load(people, TABLE)
        watch = queries.watch(NOON)
        assert [shift.person_name for shift in watch.now] == ["Vinh", "Hà"]
        assert [shift.person_name for shift in watch.following] == ["An"]
        assert [(hole.from_utc.hour, hole.missing_people) for hole in watch.holes] == [(8, 1)]
        assert watch.is_staffed
        assert not watch.holes_now
        assert queries.watch(NOON + timedelta(hours=5)).holes_now


def test_a_hole_at_the_edge_of_the_week_is_told_to_its_real_end(people):
    with scoped(people.scope("ha")):
        load(people, TABLE)
        edge = datetime(2026, 4, 20, 10, tzinfo=UTC)
        (hole,) = queries.watch(edge - timedelta(days=7)).holes
        assert (hole.from_utc.hour, hole.to_utc.hour) == (8, 16)
        # What begins after the week is not of it.
        assert queries.watch(edge - timedelta(days=7, hours=3)).holes == []


def test_whoever_is_on_leave_now_is_not_on_duty_and_their_place_is_a_hole(people):
    with scoped(people.scope("ha")):
        load(people, TABLE)
        office, hour = people.organisations["hai-van"], timedelta(hours=1)
        member = members.add_member(office, members.MemberFields("Hà", person=people.people["ha"]), [], at=NOON)
        members.ask_leave(member.pk, members.Span(NOON - hour, NOON + hour), "sick", granted_by="Minh", at=NOON)
        watch = queries.watch(NOON)
        assert [shift.person_name for shift in watch.now] == ["Vinh"]
        assert [hole.away for hole in watch.holes_now] == [("Hà",)]
        assert [shift.person_name for shift in queries.watch(NOON + hour).now] == ["Vinh", "Hà"]


def test_past_the_rosters_end_nobody_is_on_duty_and_no_hole_is_invented(people):
    with scoped(people.scope("ha")):
        load(people, TABLE)
        watch = queries.watch(NOON + timedelta(days=3))
        assert not watch.is_staffed
        assert watch.holes == []


def test_the_command_has_help_that_names_the_columns():
    said = CliRunner().invoke(roster, ["import", "--help"]).output
    assert "from_utc" in said
    assert "--dry-run" in said
    assert "--office" in said


NAMES_ONLY = (HEAD + "Giám sát,2026-04-26T15:00:00Z,2026-04-26T23:00:00Z,An,\n").encode()


@pytest.mark.parametrize("route", ["one", "many", "renamed"])
def test_shifts_of_a_table_become_a_members_once_the_member_is_entered(people, route):
    office = people.organisations["hai-van"]
    with scoped(people.scope("ha")):
        load(people, NAMES_ONLY)
        shift = Shift.objects.get()
        assert (shift.member, shift.person) == (None, None)
        ha, later = people.people["ha"], shift.from_utc - timedelta(hours=3)
        fields = members.MemberFields("an" if route == "many" else "An", "0900000003", ha)
        if route == "renamed":
            an = members.add_member(office, members.MemberFields("Ân"), [shift.post], at=NOON)
            assert not Shift.objects.exclude(member=None).exists()
            members.change_member(an.pk, fields, [shift.post], at=later)
        elif route == "one":
            an = members.add_member(office, fields, [shift.post], at=later)
        else:
            [an] = members.add_members(office, [fields], [shift.post], at=later)
        shift.refresh_from_db()
        assert (shift.member, shift.person, shift.phone) == (an, ha, "0900000003")


def test_what_is_over_keeps_the_account_that_it_had_and_a_member_without_one_takes_none_away(people):
    office, ha = people.organisations["hai-van"], people.people["ha"]
    with scoped(people.scope("ha")):
        load(people, TABLE.replace(b",An,", ",Hà,".encode()))
        an = members.add_member(office, members.MemberFields("Hà"), [], at=NOON)
        assert list(Shift.objects.filter(member=an).values_list("person", flat=True)) == [ha.pk, ha.pk]
        entry = Entry.objects.get(act="member.create")
        assert entry.detail["shifts"] == 2


def test_rest_and_history_are_counted_over_the_border_of_a_table_that_came_before_the_list(people):
    with scoped(people.scope("ha")):
        load(people, NAMES_ONLY)
        post = Post.objects.get()
        an = members.add_member(people.organisations["hai-van"], members.MemberFields("An"), [post], at=NOON)
        first = date(2026, 4, 27)
        [worker] = planning.plan([post], first, first, org_path=post.org_path, at=NOON).problem.workers
        assert worker.id == str(an.pk)
        assert [(one.end - one.begin) // 60 for one in worker.stints] == [8]
        assert worker.history[Burden.NIGHTS] == 1


def test_leave_of_a_member_makes_them_away_on_a_shift_that_a_table_named_them_for(people):
    with scoped(people.scope("ha")):
        load(people, NAMES_ONLY)
        shift = Shift.objects.get()
        an = members.add_member(people.organisations["hai-van"], members.MemberFields("An"), [shift.post], at=NOON)
        members.ask_leave(an.pk, members.Span(shift.from_utc, shift.to_utc), "sick", granted_by="Minh", at=NOON)
        [read] = queries.with_leave(Shift.objects.all())
        assert queries.is_away(read, shift.from_utc)


def colleague(people: cast.Cast, code: str, name: str, mail: str) -> Person:
    made, office = Person.objects.create_user(f"{mail}@example.vn", name), people.organisations[code]
    with scoped(system("tests")):
        Role.objects.create(person=made, organisation=office, org_path=office.path, name=RoleName.ANALYST)
    return made


def test_a_namesake_of_another_office_is_not_called_and_two_of_one_office_are_nobody(people):
    colleague(people, "so-y-te", "Nguyễn Văn An", "far")
    near = colleague(people, "hai-van", "Lê Chi", "near")
    for mail in ("b1", "b2"):
        colleague(people, "hai-van", "Trần Bình", mail)
    lines = "".join(
        f"Trực,2026-04-27T0{n}:00:00Z,2026-04-27T0{n + 1}:00:00Z,{name},\n"
        for n, name in enumerate(("Nguyễn Văn An", "Lê  chi", "Trần Bình"))
    )
    with scoped(people.scope("ha")):
        rows, rejects = services.read_roster((HEAD + lines).encode(), "r.csv")
        planned = tables.plan_import(people.organisations["hai-van"], rows, rejects)
        assert planned.strangers == ["Nguyễn Văn An", "Trần Bình"]
        tables.lay(people.organisations["hai-van"], planned, at=NOON)
        assert list(Shift.objects.order_by("from_utc").values_list("person", flat=True)) == [None, near.pk, None]


def test_a_table_that_is_put_back_is_the_members_who_were_entered_since(people):
    with scoped(people.scope("ha")):
        load(people, NAMES_ONLY)
        other = lay(people, NAMES_ONLY.replace(b",An,", ",Bình,".encode()))
        an = members.add_member(people.organisations["hai-van"], members.MemberFields("An"), [], at=NOON)
        in_place.take_back(other.pk, by="Hà", at=NOON)
        assert Shift.objects.get().member == an


def test_an_upgrade_ties_what_tables_left_to_the_members_entered_since(people):
    module = importlib.import_module("vonggac.duty.migrations.0026_shifts_of_members")
    with scoped(people.scope("ha")):
        load(people, NAMES_ONLY)
        ha = people.people["ha"]
        an = members.add_member(people.organisations["hai-van"], members.MemberFields("An", person=ha), [], at=NOON)
        Shift.objects.update(member=None, person=None, to_utc=datetime(2090, 1, 1, tzinfo=UTC))
        with connection.cursor() as cursor:
            cursor.execute(module.TIED)
        shift = Shift.objects.get()
        assert (shift.member, shift.person) == (an, ha)
