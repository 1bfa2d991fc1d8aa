"""A link sent before an organisation was merged, split, moved or abolished still reaches whoever answers now."""

from datetime import date, timedelta

import pytest
from django.test import Client

from tests import cast
from vonggac.cases import services as cases
from vonggac.cases.models import Case, Kind
from vonggac.cases.services import Answer, Opening
from vonggac.duty import links
from vonggac.errors import InputError
from vonggac.flows import acknowledgement, reorganisation
from vonggac.ledger.models import Entry
from vonggac.register.models import Network, Organisation
from vonggac.register.services.succession import DatedAct, Heirs
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
ACT = DatedAct("Nghị quyết 99/NQ-HĐND", date(2026, 4, 20))
LATER = DatedAct("Nghị quyết 120/NQ-HĐND", date(2026, 4, 21))


@pytest.fixture
def people(db, monkeypatch) -> cast.Cast:
    monkeypatch.setattr("vonggac.desk.frame.now", lambda: cast.NOON)
    return cast.assemble()


def opened(owner: Organisation, *subjects: str) -> list[Case]:
    openings = [Opening(owner, Kind.BOTNET_HOST, name, f"Máy {name}", 2, "", None) for name in subjects]
    return cases.open_many(openings, at=cast.NOON)


def sent(people: cast.Cast, *subjects: str) -> tuple[list[Case], str]:
    """Cases of the ward, and the secret of a link that acknowledges them."""
    with scoped(system("tests")):
        ward = people.organisations["p-vinh-hai"]
        made = opened(ward, *subjects)
        address = links.acknowledgement(ward, {"case": [case.pk for case in made]}, at=cast.NOON)
    return made, address.rpartition("/")[2]


def now(organisation: Organisation) -> Organisation:
    return Organisation.objects.get(pk=organisation.pk)


def merge(people: cast.Cast, source: str, into: str, act: DatedAct = ACT) -> None:
    with scoped(system("tests")):
        one, other = now(people.organisations[source]), now(people.organisations[into])
        reorganisation.merge([one], other, act, at=cast.NOON)


def states(*made: Case) -> list[str]:
    with scoped(system("tests")):
        return [Case.objects.get(pk=case.pk).state for case in made]


def test_a_link_of_a_merged_ward_acknowledges_for_its_heir(people):
    made, secret = sent(people, "203.0.113.9", "203.0.113.10")
    merge(people, "p-vinh-hai", "so-y-te")
    _, asked = acknowledgement.show(secret, at=cast.NOON)
    assert [(case.pk, case.organisation.code) for case in asked] == [(case.pk, "so-y-te") for case in made]
    acknowledgement.acknowledge(secret, by="Lan", at=cast.NOON)
    assert states(*made) == ["acknowledged", "acknowledged"]
    with scoped(people.scope("tam")):
        said = Entry.objects.filter(act="case.acknowledge").values_list("detail__by", "detail__via")
        assert list(said) == [("Lan", "link")] * 2


def test_a_link_follows_two_mergers_and_a_move_between_them(people):
    made, secret = sent(people, "203.0.113.9")
    merge(people, "p-vinh-hai", "bv-da-khoa")
    with scoped(system("tests")):
        hospital, telco = now(people.organisations["bv-da-khoa"]), now(people.organisations["vien-thong"])
        reorganisation.move(hospital, telco, LATER, at=cast.NOON)
    merge(people, "bv-da-khoa", "dong-son", LATER)
    acknowledgement.acknowledge(secret, by="Lan", at=cast.NOON)
    assert states(*made) == ["acknowledged"]


def test_a_link_of_a_split_ward_reaches_each_heir_of_its_tasks(people):
    made, secret = sent(people, "203.0.113.9", "198.51.100.9")
    with scoped(system("tests")):
        ward, telco, health = (people.organisations[code] for code in ("p-vinh-hai", "vien-thong", "so-y-te"))
        Network.objects.create(cidr="203.0.113.0/24", organisation=ward, org_path=ward.path)
        reorganisation.split(ward, Heirs(health, {"203.0.113.0/24": telco}), ACT, at=cast.NOON)
    _, asked = acknowledgement.show(secret, at=cast.NOON)
    assert [case.organisation.code for case in asked] == ["vien-thong", "so-y-te"]
    acknowledgement.acknowledge(secret, by="Lan", at=cast.NOON)
    assert states(*made) == ["acknowledged", "acknowledged"]


def test_the_page_says_who_answers_now_and_by_which_act(people):
    made, secret = sent(people, "203.0.113.9")
    merge(people, "p-vinh-hai", "so-y-te")
    client, address = Client(), f"/l/acknowledge/{secret}"
    page = client.get(address)
    assert page.status_code == 200
    for words in ("Máy 203.0.113.9", "Sở Y tế", ACT.text):
        assert words in page.content.decode()
    done = client.post(address, {"name": "Lan"}, follow=True)
    assert (done.status_code, "Sở Y tế" in done.content.decode()) == (200, True)
    assert states(*made) == ["acknowledged"]


def test_a_case_that_was_sent_to_its_real_owner_is_no_business_of_the_old_link(people):
    made, secret = sent(people, "203.0.113.9", "203.0.113.10")
    with scoped(system("tests")):
        cases.dispute(made[0].pk, Answer("không phải máy của chúng tôi", "Lan"), at=cast.NOON)
        owner = people.organisations["so-y-te"]
        cases.settle(made[0].pk, owner=owner, reason="dải của Sở Y tế", at=cast.NOON)
    _, asked = acknowledgement.show(secret, at=cast.NOON)
    assert [case.pk for case in asked] == [made[1].pk]
    acknowledgement.acknowledge(secret, by="Lan", at=cast.NOON)
    assert states(*made) == ["sent", "acknowledged"]


def test_an_heir_who_disputes_takes_the_case_out_of_the_old_links_reach(people):
    made, secret = sent(people, "203.0.113.9")
    merge(people, "p-vinh-hai", "so-y-te")
    with scoped(system("tests")):
        cases.dispute(made[0].pk, Answer("không phải máy của Sở", "Tâm"), at=cast.NOON)
        cases.settle(made[0].pk, owner=people.organisations["dong-son"], reason="của tỉnh bạn", at=cast.NOON)
    with pytest.raises(InputError, match="nothing is left"):
        acknowledgement.show(secret, at=cast.NOON)


def test_a_link_whose_tasks_are_all_closed_says_so_and_stays_unspent(people):
    made, secret = sent(people, "203.0.113.9")
    with scoped(system("tests")):
        cases.close(made[0].pk, "công văn đã thu hồi", at=cast.NOON)
    page = Client(headers={"accept-language": "vi"}).get(f"/l/acknowledge/{secret}")
    assert (page.status_code, "không còn gì để xác nhận" in page.content.decode()) == (410, True)
    with pytest.raises(InputError, match="nothing is left"):
        acknowledgement.acknowledge(secret, by="Lan", at=cast.NOON)
    with scoped(system("tests")):
        cases.reopen(made[0].pk, "lại có trong danh sách", at=cast.NOON)
    assert acknowledgement.acknowledge(secret, by="Lan", at=cast.NOON).used_at == cast.NOON


def test_a_link_of_an_abolished_ward_acknowledges_for_whoever_took_over(people):
    made, secret = sent(people, "203.0.113.9")
    with scoped(system("tests")):
        reorganisation.abolish(people.organisations["p-vinh-hai"], None, ACT, at=cast.NOON)
    acknowledgement.acknowledge(secret, by="Lan", at=cast.NOON)
    with scoped(people.scope("ha")):
        case = Case.objects.get(pk=made[0].pk)
        assert (case.state, case.organisation.code) == ("acknowledged", "hai-van")


def test_a_used_link_names_whom_it_was_told_and_nobody_who_acknowledged_at_the_desk(people):
    (desk_first, by_link, back), secret = sent(people, "203.0.113.9", "203.0.113.10", "203.0.113.11")
    earlier, later = cast.NOON - timedelta(hours=1), cast.NOON + timedelta(hours=1)
    with scoped(people.scope("lan")):
        cases.acknowledge(desk_first.pk, at=earlier, by="Phạm Văn Dũng")
    acknowledgement.acknowledge(secret, by="Lan", at=cast.NOON)
    with scoped(system("tests")):
        cases.close(desk_first.pk, "xong", at=later)
        cases.dispute(back.pk, Answer("không phải máy của chúng tôi", "Lan"), at=later)
        cases.settle(back.pk, owner=None, reason="đúng là của phường", at=later)
    with scoped(people.scope("lan")):
        cases.acknowledge(back.pk, at=later, by="Phạm Văn Dũng")
    _, told = acknowledgement.receipts(secret, at=later)
    assert [(one.case.pk, one.at, one.by) for one in told] == [
        (desk_first.pk, earlier, ""), (by_link.pk, cast.NOON, "Lan"), (back.pk, later, ""),
    ]  # fmt: skip
    page = Client(headers={"accept-language": "vi"}).get(f"/l/acknowledge/{secret}").content.decode()
    assert ("người xác nhận: Lan" in page, "Dũng" in page, page.count("Đã xác nhận lúc")) == (True, False, 3)
