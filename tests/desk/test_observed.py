"""What a case page shows of observation: the time to be watched, of the report that stands and of earlier ones."""

import re
from datetime import timedelta

from django.utils import timezone

from vonggac.cases import services
from vonggac.cases.models import Case
from vonggac.cases.proof import Gap, Verdict, VerdictState
from vonggac.cases.services import Answer
from vonggac.tenancy.scope import scoped, system

TIME = "Khoảng cần theo dõi"
BEFORE = "Quan sát của lần báo trước"
HOUR = timedelta(hours=1)


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
