"""Publishing a roster: everybody whom it touches hears of it once, and only of what changed for them."""

import pytest

from tests.duty.office import BEFORE, MONDAY, SUNDAY, open_office
from vonggac.duty.models import Message, Shift
from vonggac.duty.services import members, rosters
from vonggac.duty.services.rosters import Step
from vonggac.errors import WrongState
from vonggac.flows import roster as flow
from vonggac.tenancy.scope import scoped

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(people):
    """An has Minh's account, Bình has Quân's; the others have none."""
    with scoped(people.scope("ha")):
        office = open_office(people)
        for name, account in (("An", "minh"), ("Bình", "quan")):
            fields = members.MemberFields(name, person=people.people[account], skills=("lead",))
            members.change_member(office.members[name].pk, fields, [office.post], at=BEFORE)
        yield office


def letters() -> dict[str, str]:
    return {message.to: message.body for message in Message.objects.order_by("pk")}


def publish(office, people, added=(), removed=()):
    draft = office.draft()
    rosters.change(draft.pk, Step(frozenset(added), frozenset(removed)), by="Hà", at=BEFORE)
    return flow.publish(draft.pk, by=people.people["ha"], at=BEFORE)


def test_one_letter_a_person_names_all_their_shifts(office, people):
    pairs = [office.pair("S", "An"), office.pair("S", "An", MONDAY.replace(day=29)), office.pair("C", "Chi")]
    found = publish(office, people, pairs)
    assert {change.name for change in found.changes} == {"An", "Chi"}
    assert set(letters()) == {"minh@example.vn"}
    assert letters()["minh@example.vn"].count("06:00–14:00") == 2
    assert [flow.address_of(change) for change in found.changes] == ["minh@example.vn", ""]


def test_the_next_version_writes_to_those_alone_whom_it_touches(office, people):
    publish(office, people, [office.pair("S", "An"), office.pair("C", "Bình")])
    Message.objects.all().delete()
    publish(office, people, [office.pair("S", "Chi")], [office.pair("S", "An")])
    assert set(letters()) == {"minh@example.vn"}
    assert "không còn phải trực" in letters()["minh@example.vn"]


def test_a_publication_that_fails_writes_to_nobody(office, people):
    draft = office.draft()
    rosters.change(draft.pk, Step(frozenset({office.pair("S", "An")})), by="Hà", at=BEFORE)
    rosters.discard(draft.pk, at=BEFORE)
    with pytest.raises(WrongState):
        flow.publish(draft.pk, by=people.people["ha"], at=BEFORE)
    assert not Message.objects.exists()
    assert not Shift.objects.exists()


def test_whose_shifts_a_retired_post_takes_out_hears_of_it(office, people):
    publish(office, people, [office.pair("S", "An"), office.pair("S", "Bình", SUNDAY), office.pair("C", "Chi", SUNDAY)])
    Message.objects.all().delete()
    changes = flow.retire_post(office.post.pk, SUNDAY, at=BEFORE)
    assert [(one.name, flow.address_of(one)) for one in changes] == [("Bình", "quan@example.vn"), ("Chi", "")]
    assert set(letters()) == {"quan@example.vn"}
    assert "Giám sát thôi trực" in Message.objects.get().subject
    assert "không còn phải trực" in letters()["quan@example.vn"]
