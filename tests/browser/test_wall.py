"""The week for the wall, printed: one sheet of A4 on its side, in letters as large as it takes."""

import re
from datetime import timedelta

import pytest

from vonggac.duty.models import Post, ShiftType
from vonggac.duty.patterns import day_of, days_between, slot_id
from vonggac.duty.presets import PATTERNS
from vonggac.duty.services import members, posts, rosters
from vonggac.duty.services.members import MemberFields
from vonggac.duty.services.rosters import Step
from vonggac.flows import roster as publication
from vonggac.tenancy.scope import scoped, system

PAGE = re.compile(rb"/Type\s*/Page\b(?!s)")
TEAM = ("Phạm Quốc Cường", "Nguyễn Thị Hồng Hạnh", "Dương Thị Thảo", "Trịnh Văn Uy")
POSTS = ("Trực giám sát an toàn thông tin", "Trực xử lý sự cố", "Trực hạ tầng", "Trực lãnh đạo", "Trực ứng cứu")


@pytest.fixture
def week(desk, clock):
    """Puts so many posts of three shifts in force for the coming week, everybody on every shift of one; its Monday."""

    def keep(many: int, people: int):
        office, by = desk.people.organisations["hai-van"], desk.people.people["ha"]
        with scoped(system("tests")):
            Post.objects.filter(organisation=office).update(retired_on=day_of(clock))
        monday = day_of(clock) + timedelta(days=7 - day_of(clock).weekday())
        with scoped(desk.people.scope("ha")):
            made = [
                posts.add_post(
                    office, posts.PostFields.usual(name, "other"), PATTERNS["3x8"], on=day_of(clock), at=clock
                )
                for name in POSTS[:many]
            ]
            team = members.add_members(office, [MemberFields(name) for name in TEAM], made, at=clock)
            draft = rosters.start_draft(office, made, monday, monday + timedelta(days=6), by="Hà", at=clock)
            pairs = frozenset(
                (slot_id(row.pk, day), one.pk)
                for row in ShiftType.objects.filter(post__in=made)
                for day in days_between(monday, monday + timedelta(days=6))
                for one in team[:people]
            )
            rosters.change(draft.pk, Step(pairs), by="Hà", at=clock)
            publication.publish(draft.pk, by=by, reason="thử", at=clock)
        return monday

    return keep


@pytest.mark.parametrize(("many", "people", "least"), [(3, 1, 13), (3, 2, 9), (5, 1, 9)])
def test_a_week_of_several_posts_is_printed_on_one_sheet(open_as, week, many, people, least):
    page = open_as("ha", f"/roster/wall/?week={week(many, people)}")
    drawn = page.locator(".wall-table td span").first.evaluate("one => parseFloat(getComputedStyle(one).fontSize)")
    assert round(drawn * 0.75) >= least, "points"
    printed = page.pdf(prefer_css_page_size=True)
    assert len(PAGE.findall(printed)) == 1
