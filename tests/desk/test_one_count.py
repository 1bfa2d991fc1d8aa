"""One world, one number: what is claimed and what became of it is the same on every page that counts it."""

import html
import re
from datetime import timedelta

import pytest
from django.urls import reverse

from tests.cast import NOON
from tests.desk.test_pages import directive_of
from vonggac.cases import judging, services
from vonggac.cases.proof import Missing, Verdict, VerdictState
from vonggac.cases.services import Answer
from vonggac.cases.successors import WENT_ON
from vonggac.cli.directive import _clause_counts
from vonggac.directives import queries as directives
from vonggac.directives.models import Obligation
from vonggac.reports import queries as reports
from vonggac.tenancy.scope import scoped

WORDS = ("đã báo xong", "đã chứng minh", "bị chứng minh ngược lại", "không quan sát được", "đã báo, chờ kiểm chứng")
NAMES = ("claimed", "proven", "contradicted", "not_observable", "watched")
LATER = NOON + timedelta(hours=2)
GONE = Verdict(VerdictState.PROVEN, ("all 1 listed hosts of the unit are proven clean",))
AGAINST = Verdict(VerdictState.CONTRADICTED, ("the watch was short 2 times",))
UNSEEN = Verdict(VerdictState.NOT_OBSERVABLE, missing=(Missing("list", "no sender's next list is known"),))


@pytest.fixture
def judged(desk):
    """The exhibit after one claim was proven, two contradicted (one of them disputed since) and one not seen."""
    with scoped(desk.people.scope("ha")):
        waiting = list(Obligation.objects.filter(case__state__in=("sent", "acknowledged")).order_by("pk")[:5])
        for place, found in enumerate(waiting):
            services.claim(found.case_id, Answer("đã làm", "Tâm"), at=NOON)
            if verdict := (GONE, AGAINST, AGAINST, UNSEEN, None)[place]:
                judging.conclude(found.case_id, found.clause.rule, verdict, at=LATER)
        services.dispute(waiting[2].case_id, Answer("không phải việc của chúng tôi", "Tâm"), at=LATER)
    return desk


def page(client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return html.unescape(answer.content.decode())


def told(text: str) -> dict[str, int]:
    """The number that stands before each of the words."""
    plain = " ".join(re.sub(r"<[^>]*>", " ", re.sub(r"<title>.*?</title>", "", text)).split())
    found = {word: re.search(rf"([\d.]+) (?:nhiệm vụ )?{word}", plain) for word in WORDS}
    return {word: int(number[1]) for word, number in found.items() if number}


def counted(judged) -> dict[str, int]:
    """What the rows themselves say, one after the other."""
    with scoped(judged.people.scope("ha")):
        rows = [one for one in Obligation.objects.select_related("case") if one.case.claim == "done"]
        became = [one.case.proof for one in rows]
    numbers = [became.count(name) for name in NAMES[1:4]]
    return dict(zip(WORDS, [len(rows), *numbers, len(rows) - sum(numbers)], strict=True))


def test_all_pages_say_the_same_of_what_was_claimed_and_what_became_of_it(sign_in, judged):
    client, directive = sign_in("ha"), directive_of(judged)
    expected = counted(judged)
    assert list(expected.values()) == [8, 1, 1, 1, 5]
    first = page(client, "/")
    assert told(first[first.index('<ul class="legend">') :]) == expected
    head = page(client, reverse("directive", args=[directive]))
    assert told(head[head.index('<div class="total"') : head.index('class="of"')]) == expected
    row = next(one for one in client.get("/reports/").context["kinds"] if one[0] == "nhiệm vụ")[1]
    assert {one.text: one.value for one in row if one.text in WORDS} == expected
    answer = client.get("/directives/?format=json").json()["rows"][0]
    assert (answer["claimed"], answer["proven"]) == (8, 1)


def test_what_the_margins_the_report_the_lists_and_the_matrix_say_of_a_clause_adds_up_to_the_same(sign_in, judged):
    client, directive = sign_in("ha"), directive_of(judged)
    expected = dict(zip(NAMES, counted(judged).values(), strict=True))
    clauses = client.get(reverse("directive", args=[directive])).context["notes"].values()
    assert {name: sum(getattr(one.progress, name) for one in clauses) for name in NAMES} == expected
    with scoped(judged.people.scope("ha")):
        office = judged.people.organisations["hai-van"]
        figures = reports.directive_figures(directives.one(directive), office, NOON, {"duty_coverage", "botnet_hosts"})
    assert {name: sum(getattr(one, name).value for one in figures.clauses) for name in NAMES} == expected
    for name in NAMES:
        listed = [
            client.get(reverse("directive-clause", args=[directive, pk]) + f"?only={name}&format=json").json()["rows"]
            for pk in client.get(reverse("directive", args=[directive])).context["notes"]
        ]
        assert sum(map(len, listed)) == expected[name], name
        matrix = client.get(reverse("directive-matrix", args=[directive]) + f"?only={name}&format=json")
        units = {row["code"] for rows in listed for row in rows}
        assert {row["code"] for row in matrix.json()["rows"]} == units, name


def test_the_filter_of_the_list_counts_claims_as_the_pages_do_and_names_those_still_open_otherwise(sign_in, judged):
    client, directive = sign_in("ha"), directive_of(judged)
    groups = client.get(f"/cases/?state=all&directive={directive}").context["groups"]
    numbers = {choice.text: choice.number for group in groups for choice in group.choices}
    assert numbers["đã báo xong"] == 8
    # One claim is proven and closed, one contradicted and under way again.
    assert numbers["đã báo, chưa đóng"] == 6


def test_what_the_shell_prints_of_a_directive_is_what_its_page_says(judged):
    with scoped(judged.people.scope("ha")):
        directive = directives.one(directive_of(judged))
        progress = directives.margins(directive.pk, NOON)
        rows = [_clause_counts(clause, progress[clause.pk]) for clause in directive.clauses.all() if clause.binds]
    sums = {name: sum(row[name] for row in rows) for name in NAMES}
    assert list(sums.values()) == list(counted(judged).values())


def test_a_directive_says_of_what_is_not_done_that_it_is_still_in_time(sign_in, judged):
    head = page(sign_in("ha"), reverse("directive", args=[directive_of(judged)]))
    assert "còn phải làm, còn hạn" in head
    assert "chưa xong</li>" not in head


def test_the_list_says_how_many_of_the_closed_cases_ended_without_a_claim(sign_in, judged):
    with scoped(judged.people.scope("ha")):
        services.close(judged.hosts["203.0.113.77"].pk, WENT_ON, at=NOON)
    said = "1 vụ việc đã đóng mà không ai báo xong: địa chỉ đã chuyển sang máy đứng sau"
    for query in ("?state=all", "?state=closed", "?state=closed&kind=botnet_host"):
        assert said in page(sign_in("ha"), f"/cases/{query}"), query
    for query in ("", "?state=closed&claim=done", "?state=closed&kind=obligation", "?state=sent"):
        assert "không ai báo xong" not in page(sign_in("ha"), f"/cases/{query}"), query
