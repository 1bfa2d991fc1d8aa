"""A link works once, for its purpose, until its time; the database holds nothing that opens it."""

import threading
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.db import connection

from tests import cast
from vonggac.cases import services as cases
from vonggac.cases.models import Case, Kind
from vonggac.cases.services import Opening
from vonggac.duty import links
from vonggac.duty.models import Link
from vonggac.errors import InputError
from vonggac.flows import acknowledgement
from vonggac.ledger.models import Entry
from vonggac.tenancy.scope import scoped, system

MOMENT = timedelta(microseconds=1)
LAST = cast.NOON + timedelta(days=links.ACKNOWLEDGE_DAYS)


def secret_of(address: str) -> str:
    return urlsplit(address).path.rpartition("/")[2]


def opened(people: cast.Cast, *codes: str) -> list[Case]:
    return cases.open_many(
        [Opening(people.organisations[c], Kind.OBLIGATION, "1.a", "1.a", 3, "", None) for c in codes], at=cast.NOON
    )


def link_to(people: cast.Cast, made: list[Case], code: str = "p-vinh-hai") -> str:
    return secret_of(
        links.acknowledgement(people.organisations[code], {"case": [case.pk for case in made]}, at=cast.NOON)
    )


@pytest.mark.django_db
def test_a_link_works_until_the_last_moment_before_its_end(people):
    with scoped(system("tests")):
        secret = link_to(people, [])
        assert links.shown(secret, "acknowledge", at=LAST - MOMENT).used_at is None
        with pytest.raises(InputError, match="expired; sign in, or ask the duty desk"):
            links.redeemed(secret, "acknowledge", at=LAST)
        assert links.redeemed(secret, "acknowledge", at=LAST - MOMENT).used_at == LAST - MOMENT


@pytest.mark.django_db
def test_a_sign_in_link_lives_half_an_hour_and_acknowledges_nothing(people):
    with scoped(system("tests")):
        secret = secret_of(links.sign_in(people.people["lan"], at=cast.NOON))
        with pytest.raises(InputError, match="not one of ours"):
            links.redeemed(secret, "acknowledge", at=cast.NOON)
        with pytest.raises(InputError, match="expired"):
            links.redeemed(secret, "sign_in", at=cast.NOON + timedelta(minutes=30))
        assert links.redeemed(secret, "sign_in", at=cast.NOON).person == people.people["lan"]
        with pytest.raises(InputError, match="used already"):
            links.redeemed(secret, "sign_in", at=cast.NOON)


@pytest.mark.django_db
def test_a_secret_cut_short_opens_nothing_and_the_database_holds_no_secret(people):
    with scoped(system("tests")):
        secret = link_to(people, [])
        for cut in (secret[:-1], secret[1:], secret.swapcase(), "", secret + "="):
            with pytest.raises(InputError, match="cut when it was copied"):
                links.shown(cut, "acknowledge", at=cast.NOON)
        held = " ".join(str(value) for value in Link.objects.values().get().values())
        assert secret not in held
        with pytest.raises(InputError, match="not one of ours"):
            links.shown(Link.objects.get().digest, "acknowledge", at=cast.NOON)


@pytest.mark.django_db
def test_looking_changes_nothing_and_posting_acknowledges_every_case_once(people):
    with scoped(system("tests")):
        made = opened(people, "p-vinh-hai", "p-vinh-hai")
        secret = link_to(people, made)
        before = Entry.objects.count()
    for _ in range(3):
        link, shown = acknowledgement.show(secret, at=cast.NOON)
        assert [case.pk for case in shown] == [case.pk for case in made]
        assert link.used_at is None
    with scoped(system("tests")):
        assert Entry.objects.count() == before
    used = acknowledgement.acknowledge(secret, by="Lan", at=cast.NOON)
    with scoped(system("tests")):
        assert set(Case.objects.values_list("state", "acknowledged_at")) == {("acknowledged", cast.NOON)}
        entries = Entry.objects.filter(act="case.acknowledge").values_list("actor", "detail__by", "detail__via")
        assert list(entries) == [(f"link:{used.pk}", "Lan", "link")] * 2
    with pytest.raises(InputError, match="used already"):
        acknowledgement.acknowledge(secret, by="Lan", at=cast.NOON)


@pytest.mark.django_db
def test_a_link_acknowledges_nothing_that_another_organisation_answers_for(people):
    with scoped(system("tests")):
        own, foreign = opened(people, "p-vinh-hai", "so-y-te")
        secret = link_to(people, [own, foreign])
    acknowledgement.acknowledge(secret, by="Lan", at=cast.NOON)
    with scoped(system("tests")):
        assert dict(Case.objects.values_list("pk", "state")) == {own.pk: "acknowledged", foreign.pk: "sent"}


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_spend_a_link_once(people):
    with scoped(system("tests")):
        secret = link_to(people, opened(people, "p-vinh-hai"))
    gate, outcomes = threading.Barrier(6), []

    def click() -> None:
        try:
            gate.wait(10)
            acknowledgement.acknowledge(secret, by="Lan", at=cast.NOON)
            outcomes.append("done")
        except InputError as error:
            outcomes.append(str(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=click) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(outcomes) == ["done"] + ["this link was used already; each works once"] * 5
    with scoped(system("tests")):
        assert Entry.objects.filter(act="case.acknowledge").count() == 1
