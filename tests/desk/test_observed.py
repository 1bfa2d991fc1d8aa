"""What a case page shows of observation: the time to be watched, of the report that stands and of earlier ones."""

import re
from datetime import datetime, timedelta

from django.utils import timezone

from vonggac.cases import services
from vonggac.cases.models import Case
from vonggac.cases.proof import Contact, Gap, Verdict, VerdictState
from vonggac.cases.services import Answer
from vonggac.tenancy.scope import scoped, system

TIME = "Khoảng cần theo dõi"
BEFORE = "Quan sát của lần báo trước"
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def page(client, name: str) -> str:
    with scoped(system("tests")):
        number = Case.objects.get(subject=name).pk
    return client.get(f"/cases/{number}/").content.decode()


def answers(seen: str) -> tuple[str, str]:
    """The part of the page with both answers: what stands open, and what is folded away."""
    part = re.search(r'<section[^>]* id="answers".*?</section>', seen, re.DOTALL).group()
    folded = "".join(re.findall(r"<details.*?</details>", part, re.DOTALL))
    return re.sub(r"<details.*?</details>", "", part, flags=re.DOTALL), folded


def test_a_bar_is_headed_by_the_time_to_be_watched_not_by_that_which_was(sign_in):
    shown, folded = answers(page(sign_in("ha"), "BV-SRV-002"))
    assert TIME in shown
    assert "Đã theo dõi" not in shown
    assert folded == ""


def test_a_new_report_folds_the_observation_of_the_one_before_away_and_shows_its_own_time(desk, sign_in):
    client = sign_in("ha")
    before, folded = answers(page(client, "KT-PC-0417"))
    assert "198.51.100.7" in before
    assert folded == ""
    at = timezone.now()
    with scoped(system("tests")):
        case = Case.objects.get(subject="KT-PC-0417")
        services.claim(case.pk, Answer("đã cài lại lần nữa", "Tâm"), at=at)
    shown, folded = answers(page(client, "KT-PC-0417"))
    assert TIME in shown
    assert "Chưa quan sát gì cho lần báo này." in shown
    assert '<svg class="strip"' not in shown
    assert "Liên lạc với" not in shown
    assert BEFORE in folded
    assert "198.51.100.7" in folded
    with scoped(system("tests")):
        gap = Gap("flow", at, at + HOUR)
        seen = Verdict(
            VerdictState.OPEN, ("the watch runs",), (), (gap,), (), at, at + HOUR, kinds=("flow",)
        )  # fmt: skip
        services.conclude(case.pk, "clean_host", seen, at=at + HOUR)
    shown, folded = answers(page(client, "KT-PC-0417"))
    assert '<svg class="strip"' in shown
    assert "Không cần nhật ký DNS" in shown
    assert folded == ""


def test_a_report_that_was_taken_back_leaves_no_bar_that_looks_like_a_verdict(desk, sign_in):
    with scoped(system("tests")):
        case = Case.objects.get(subject="BV-SRV-002")
        services.withdraw(case.pk, "chưa xong", at=timezone.now())
    shown, folded = answers(page(sign_in("ha"), "BV-SRV-002"))
    assert TIME not in shown
    assert BEFORE in folded


def seen_with(contacts: int, at: datetime) -> int:
    """The case of a host that was seen calling so often since its report."""
    calls = [Contact(at + MINUTE * n, "flow", "bien", "192.0.2.7", "198.51.100.7") for n in range(contacts)]
    seen = Verdict(VerdictState.CONTRADICTED, ("it calls",), contacts=tuple(calls), kinds=("flow",))
    with scoped(system("tests")):
        case = Case.objects.get(subject="KT-PC-0417")
        services.conclude(case.pk, "clean_host", seen, at=at)
        return case.pk


def test_a_cut_table_of_contacts_says_of_how_many_and_leads_to_all_of_them(desk, sign_in):
    client, at = sign_in("ha"), timezone.now()
    number = seen_with(1_234, at)
    shown, _ = answers(page(client, "KT-PC-0417"))
    assert shown.count("198.51.100.7</td>") == 20
    assert "20 liên lạc đầu trong 1.234" in shown
    address = re.search(rf'href="(/cases/{number}/contacts/\d+/)"', shown)[1]
    every = client.get(address).content.decode()
    assert every.count("198.51.100.7</td>") == 1_000
    assert "1.000 liên lạc sớm nhất trong 1.234" in every
    rows = client.get(f"{address}?format=json").json()["rows"]
    assert len(rows) == 1_000
    assert rows[0] == {
        "at_utc": at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "log": "flow", "sensor": "bien", "from": "192.0.2.7", "to": "198.51.100.7",
    }  # fmt: skip
    # Another organisation's case, and another case's verdict, have no such page.
    assert sign_in("lan").get(address).status_code == 404
    assert client.get(address.replace(f"/{number}/", f"/{number - 1}/")).status_code == 404


def test_a_whole_table_of_contacts_leads_nowhere(desk, sign_in):
    seen_with(20, timezone.now())
    shown, _ = answers(page(sign_in("ha"), "KT-PC-0417"))
    assert shown.count("198.51.100.7</td>") == 20
    assert "/contacts/" not in shown
