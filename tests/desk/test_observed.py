"""What a case page shows of observation: the time to be watched, of the report that stands and of earlier ones."""

import re
from datetime import datetime, timedelta

from django.utils import timezone

from vonggac.cases import judging, services
from vonggac.cases.models import Case
from vonggac.cases.models import Verdict as StoredVerdict
from vonggac.cases.proof import Contact, Gap, Missing, Verdict, VerdictState
from vonggac.cases.services import Answer
from vonggac.desk import observed, times
from vonggac.flows.proof.clean_host import NOT_DELIVERED
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
        judging.conclude(case.pk, "clean_host", seen, at=at + HOUR)
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
        judging.conclude(case.pk, "clean_host", seen, at=at)
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


def judged(verdict: Verdict, *, claimed_at: datetime, at: datetime) -> int:
    with scoped(system("tests")):
        case = Case.objects.get(subject="KT-PC-0417")
        services.claim(case.pk, Answer("đã cài lại lần nữa", "Tâm"), at=claimed_at)
        judging.conclude(case.pk, "clean_host", verdict, at=at)
        return case.pk


def test_a_watch_says_its_whole_span_how_far_it_was_looked_at_and_when_although_nothing_changed(desk, sign_in):
    begins = timezone.now().replace(microsecond=0)

    def seen(hours: int) -> Verdict:
        until, ends = begins + hours * HOUR, begins + 168 * HOUR
        log = Missing("flow", NOT_DELIVERED, "kt-flow", expected_utc=begins + 72 * HOUR)
        gap = Gap("flow", begins + HOUR, until, is_awaited=True)
        runs = (f"the watch runs until {ends:%Y-%m-%d %H:%M:%S} UTC",)
        return Verdict(VerdictState.OPEN, runs, (log,), (gap,), (), begins, until, ends, kinds=("flow",))

    judged(seen(2), claimed_at=begins, at=begins + 2 * HOUR)
    with scoped(system("tests")):
        judging.look_again([(Case.objects.get(subject="KT-PC-0417"), seen(50))], at=begins + 50 * HOUR)
    shown, _ = answers(page(sign_in("ha"), "KT-PC-0417"))
    assert shown.count('class="awaited"') == 2, "in the lane and in the legend"
    assert 'class="gap"' not in shown
    assert "chờ nhật ký: " in shown
    assert f'{TIME} <span class="small">{times.full(begins)} – {times.full(begins + 168 * HOUR)}' in shown
    assert f"Đã xét đến {times.full(begins + 50 * HOUR)}" in shown
    assert f"xem xét gần nhất lúc {times.full(begins + 50 * HOUR)}" in shown
    assert f"cảm biến kt-flow: chưa tới; chờ đến {times.full(begins + 72 * HOUR)}" in shown
    assert "chưa xem" in shown
    assert "Còn thiếu" not in shown
    assert "không quan sát được" not in shown


def test_a_verdict_that_does_not_say_what_it_looked_at_says_so(desk, sign_in):
    begins = timezone.now()
    bare = Verdict(VerdictState.PROVEN, ("watched for 7 days without a contact",))
    number = judged(bare, claimed_at=begins, at=begins + HOUR)
    told = "Phán quyết này không ghi đã xem nhật ký nào."
    assert told not in answers(page(sign_in("ha"), "KT-PC-0417"))[0], "there was nothing that could show a contact"
    with scoped(system("tests")):
        # As verdicts were kept before they said what they looked at.
        StoredVerdict.objects.filter(case=number).update(detail={}, looked_at=None)
    shown, _ = answers(page(sign_in("ha"), "KT-PC-0417"))
    assert told in shown
    assert '<svg class="strip"' not in shown


def test_a_proof_beside_gaps_says_how_long_they_were_and_how_long_is_let_pass(desk, sign_in):
    begins = timezone.now().replace(microsecond=0)
    second = timedelta(seconds=1)
    # Both logs lacked the second time: it counts once.
    gaps = [Gap(kind, begins + HOUR, begins + HOUR + 8 * second) for kind in ("flow", "dns")]
    gaps.append(Gap("flow", begins + 2 * HOUR, begins + 2 * HOUR + 8 * second))
    proven = Verdict(
        VerdictState.PROVEN, ("watched for 7 days without a contact",), (), tuple(gaps), (), begins,
        begins + 168 * HOUR, begins + 168 * HOUR, kinds=("flow", "dns"),
    )  # fmt: skip
    judged(proven, claimed_at=begins, at=begins + 169 * HOUR)
    shown, _ = answers(page(sign_in("ha"), "KT-PC-0417"))
    assert "Gián đoạn tổng 16 giây, mức cho phép 60 giây." in shown
    whole = StoredVerdict(proof="proven", rule="clean_host", at=begins, detail={"gaps": []})
    assert observed.let_pass(whole) == ""
