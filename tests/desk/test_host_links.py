"""The hosts that a sentence about a unit names lead to their cases: hostile names as text, and nobody beyond scope."""

import pytest

from tests.cast import NOON
from vonggac.cases import judging, services
from vonggac.cases.models import Case, Finding, Kind
from vonggac.cases.proof import Verdict, VerdictState
from vonggac.cases.services import Opening
from vonggac.desk import host_links
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
HOSTILE = "<b>pc</b>"


@pytest.fixture
def unit(desk):
    """The obligation of a unit with listed hosts, one of them with a name that looks like a tag."""
    with scoped(system("tests")):
        office = desk.people.organisations["so-y-te"]
        names = ("pc-1", "pc-11", "2", HOSTILE)
        made = services.open_many(
            [Opening(office, Kind.BOTNET_HOST, name, name, 3, "", None, rule="clean_host") for name in names], at=NOON
        )
        for one in made:
            Finding.objects.create(case=one, org_path=one.org_path, source="s", subject=one.subject)
        case = Case.objects.filter(kind=Kind.OBLIGATION, organisation=office).first()
        case.proof = "contradicted"
        return case, {one.subject: one.pk for one in made}


def test_each_host_named_leads_to_its_case_and_a_longer_name_to_its_own(desk, unit):
    case, hosts = unit
    case.proof_reason = "2 listed hosts are contradicted: pc-11, pc-1"
    with scoped(desk.people.scope("ha")):
        said = host_links.sentence(case)
    assert said.endswith(f'<a href="/cases/{hosts["pc-11"]}/">pc-11</a>, <a href="/cases/{hosts["pc-1"]}/">pc-1</a>')


def test_a_number_in_the_sentence_is_no_host_of_that_name(desk, unit):
    case, hosts = unit
    case.proof_reason = "2 listed hosts are contradicted: pc-11, 2"
    with scoped(desk.people.scope("ha")):
        said = host_links.sentence(case)
    assert said.count("<a ") == 2
    assert said.endswith(f'<a href="/cases/{hosts["2"]}/">2</a>')


def test_a_host_that_no_list_names_any_more_is_text(desk, unit):
    case, hosts = unit
    case.proof_reason = "1 listed host is contradicted: pc-1"
    with scoped(desk.people.scope("ha")):
        Finding.objects.filter(case=hosts["pc-1"]).delete()
        assert "<a " not in host_links.sentence(case)


def test_names_are_escaped_and_an_unknown_one_stays_text(desk, unit):
    case, hosts = unit
    case.proof_reason = f"3 listed hosts are contradicted: {HOSTILE}, <i>other</i>, pc-1 and 4 more"
    with scoped(desk.people.scope("ha")):
        said = host_links.sentence(case)
    assert f'<a href="/cases/{hosts[HOSTILE]}/">&lt;b&gt;pc&lt;/b&gt;</a>' in said
    assert "&lt;i&gt;other&lt;/i&gt;" in said
    assert said.count("<a ") == 2


def test_who_does_not_see_the_hosts_gets_no_link(desk, unit):
    case, _hosts = unit
    case.proof_reason = "1 listed host is contradicted: pc-1"
    with scoped(desk.people.scope("lan")):
        assert "<a" not in host_links.sentence(case)


def test_a_case_page_shows_the_links(sign_in, desk, unit):
    case, hosts = unit
    with scoped(system("tests")):
        services.claim(case.pk, services.Answer("xong", "Tâm"), at=NOON)
        reason = ("1 listed host is contradicted: pc-1",)
        judging.conclude(case.pk, case.rule, Verdict(VerdictState.CONTRADICTED, reason), at=NOON)
    seen = sign_in("ha").get(f"/cases/{case.pk}/").content.decode()
    assert f'bị chứng minh ngược lại: <a href="/cases/{hosts["pc-1"]}/">pc-1</a>' in seen
