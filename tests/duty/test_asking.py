"""Whom a unit asks about what was given to it: the nearest duty desk above it, and how that is reached."""

import pytest

from tests import cast
from tests.cast import NOON, Cast
from vonggac.duty import asking, links, messages
from vonggac.duty.messages import Draft
from vonggac.duty.models import Post
from vonggac.duty.services import posts
from vonggac.flows import acknowledgement
from vonggac.register.services.contacts import add_printed_contact
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
DESK = system("tests")


@pytest.fixture
def people(db) -> Cast:
    return cast.assemble()


def desk_of(people: Cast, code: str) -> tuple[str, list[str]]:
    """The code of the office that this unit asks, and the names of its contacts."""
    unit = people.organisations[code]
    with scoped(DESK):
        found = asking.desks_of([unit])[unit.pk]
    return found.office.code, [one.name for one in found.contacts]


def add_contact(people: Cast, code: str, name: str, *, phones: tuple[str, ...] = ("024 7000 0001",), on=None) -> None:
    with scoped(DESK):
        add_printed_contact(
            people.organisations[code], name, phones=phones, emails=(), printed_in="01/KH-UBND", printed_on=None,
            checked_on=on, at=NOON,
        )  # fmt: skip


def add_post(people: Cast, code: str) -> None:
    usual = posts.PostFields.usual("Giám sát", "monitoring")
    with scoped(DESK):
        posts.add_post(people.organisations[code], usual, on=NOON.date(), at=NOON)


def test_a_unit_asks_the_office_directly_above_it_where_nobody_keeps_a_desk(people):
    assert desk_of(people, "bv-da-khoa") == ("so-y-te", [])
    # Nobody stands above the top of the tree.
    assert desk_of(people, "nation") == ("nation", [])


def test_an_office_that_can_be_reached_goes_before_a_nearer_one_that_cannot(people):
    add_contact(people, "hai-van", "Đầu mối của tỉnh")
    assert desk_of(people, "bv-da-khoa") == ("hai-van", ["Đầu mối của tỉnh"])


def test_the_nearest_duty_desk_goes_before_everything_else(people):
    add_contact(people, "so-y-te", "Đầu mối của sở")
    for code in ("nation", "hai-van"):
        add_post(people, code)
    assert desk_of(people, "bv-da-khoa") == ("hai-van", [])


def test_contacts_that_were_checked_last_come_first_and_those_without_an_address_not_at_all(people):
    add_contact(people, "hai-van", "Chưa kiểm tra")
    add_contact(people, "hai-van", "Mới kiểm tra", on=NOON.date())
    add_contact(people, "hai-van", "Không số", phones=())
    assert desk_of(people, "p-vinh-hai") == ("hai-van", ["Mới kiểm tra", "Chưa kiểm tra"])


def test_many_units_cost_as_many_queries_as_one(people, django_assert_num_queries):
    # Three, and four statements that turn to the whole tree and back.
    with scoped(DESK), django_assert_num_queries(7):
        asking.desks_of(people.organisations.values())
    with scoped(DESK), django_assert_num_queries(0):
        asking.desks_of([])


def test_whoever_passes_work_on_names_the_desk_that_the_page_behind_the_link_names(people):
    """A department sees its own subtree alone; its province keeps the duty desk."""
    add_contact(people, "so-y-te", "Đầu mối của sở")
    add_contact(people, "hai-van", "Trực ban của tỉnh")
    add_post(people, "hai-van")
    hospital, at = people.organisations["bv-da-khoa"], NOON
    with scoped(people.scope("tam")):
        letter = messages.notify(Draft(hospital, "Việc", f"Có việc.\n{messages.ASK}", "", {"case": [1]}), at=at)
        assert asking.desks_of([hospital])[hospital.pk].office.code == "hai-van"
        assert not Post.objects.exists()
    assert "Cần hỏi về việc này: UBND tỉnh Hải Vân\n- Trực ban của tỉnh" in letter.body
    with scoped(DESK):
        address = links.acknowledgement(hospital, {"case": [1]}, at=at)
    page = acknowledgement.whom_to_ask(address.rpartition("/")[2])
    assert page is not None
    assert page.office.code == "hai-van"


def test_a_letter_about_cases_ends_with_whom_to_ask_and_no_other_does(people):
    add_contact(people, "hai-van", "Đầu mối của tỉnh")
    ward = people.organisations["p-vinh-hai"]
    with scoped(DESK):
        asks, plain = messages.notify_all(
            [
                Draft(ward, "Việc", f"Có việc.\n{messages.ASK}\n", acknowledges={"case": [1]}),
                Draft(ward, "Tin", "Xong."),
            ],
            at=NOON,
        )
    assert asks.body.split("\n") == [
        "Có việc.",
        messages.ASK,
        "",
        "Cần hỏi về việc này: UBND tỉnh Hải Vân",
        "- Đầu mối của tỉnh: 024 7000 0001 (01/KH-UBND)",
    ]
    assert plain.body == "Xong."
