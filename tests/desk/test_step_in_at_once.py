"""Two people who put somebody beside An on the same shift at the same moment."""

import threading

import pytest
from django.db import connection
from lxml import html

from tests.cast import NOON
from tests.desk.test_roster_pages import gate_line, put_in_force, table_of
from tests.duty.office import open_office
from vonggac.duty.models import Post, Shift
from vonggac.duty.patterns import day_of
from vonggac.ledger.models import Entry
from vonggac.tenancy.scope import scoped

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("chosen", [("Chi", "Chi"), ("Chi", "Bình")], ids=["the same person", "two people"])
def test_of_two_who_fill_a_shift_at_once_the_second_is_told_and_changes_nothing(sign_in, desk, chosen):
    with scoped(desk.people.scope("ha")):
        open_office(desk.people, at=NOON, on=day_of(NOON))
    put_in_force(sign_in("ha"), table_of(gate_line(28, "An"), gate_line(29, "Chi"), gate_line(30, "Bình")))
    with scoped(desk.people.scope("ha")):
        gate = Post.objects.get(name="Trực cổng")
    slot = f"{gate.pk}@2026-04-28T08:00/2026-04-28T09:00"
    start, answers = threading.Barrier(2), []

    def put_on(client, form) -> None:
        try:
            start.wait(10)
            answers.append(client.post("/roster/step-in/", form).status_code)
        finally:
            connection.close()

    threads = []
    for name in chosen:
        client = sign_in("ha")
        address = f"/roster/step-in/?slot={slot}"
        page = html.fromstring(client.get(address).content.decode())
        row = next(one for one in page.xpath("//section[@id='slot']//li") if one.xpath("string(.//b)") == name)
        form = dict(row.xpath(".//form")[0].form_values())
        threads.append(threading.Thread(target=put_on, args=(client, form)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(answers) == [302, 409]
    with scoped(desk.people.scope("ha")):
        assert Shift.objects.filter(post=gate, from_utc__day=28).count() == 2
        assert Entry.objects.filter(act="roster.by_hand").count() == 1
