"""Acts on cases: one state change, one ledger entry, within the scope."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext

from tests import cast
from vonggac.cases import judging, services, tallies
from vonggac.cases.models import Case, Finding, Kind, Tally
from vonggac.cases.models import Verdict as StoredVerdict
from vonggac.cases.proof import Contact, Gap, Missing, Verdict, VerdictState
from vonggac.cases.services import Answer, Opening
from vonggac.errors import InputError, OutOfScope, WrongState
from vonggac.ledger import services as ledger
from vonggac.ledger.models import Entry
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
LATER = cast.NOON + timedelta(hours=1)
DAY = timedelta(days=1)
DONE = Answer("đã cài lại máy", "Lan")


def verdict(state: str, reason: str, *missing: Missing) -> Verdict:
    return Verdict(VerdictState(state), (reason,), missing)


@pytest.fixture
def case(people) -> Case:
    with scoped(system("botnet list")):
        return services.open_many([opening(people, "p-vinh-hai")], at=cast.NOON)[0]


def opening(people: cast.Cast, code: str, subject: str = "203.0.113.9") -> Opening:
    return Opening(
        people.organisations[code], Kind.BOTNET_HOST, subject, f"Máy {subject}", 2, "lặp lại", LATER, rule="clean_host"
    )


def acts(case: Case) -> list[str]:
    return list(
        Entry.objects.filter(subject_kind="case", subject_id=case.pk).order_by("id").values_list("act", flat=True)
    )


def test_a_case_lives_from_sent_to_claimed_with_an_entry_for_each_act(people, case):
    with scoped(people.scope("lan")):
        services.acknowledge(case.pk, at=LATER, by="Lan")
        services.start(case.pk, at=LATER, person=people.people["lan"])
        claimed = services.claim(case.pk, DONE, at=LATER)
        assert (claimed.state, claimed.claim, claimed.claimed_by, claimed.proof) == ("claimed", "done", "Lan", "none")
        assert acts(case) == ["case.open", "case.acknowledge", "case.start", "case.claim"]
        assert Entry.objects.get(act="case.claim").actor == f"person:{people.people['lan'].pk}"


def test_a_second_acknowledgement_changes_nothing(people, case):
    with scoped(people.scope("lan")):
        first = services.acknowledge(case.pk, at=cast.NOON, by="Lan")
        again = services.acknowledge(case.pk, at=LATER, by="Lan")
        assert first.acknowledged_at == again.acknowledged_at == cast.NOON
        assert acts(case).count("case.acknowledge") == 1


def test_a_stranger_can_do_nothing_with_the_case(people, case):
    with scoped(people.scope("tam")), pytest.raises(OutOfScope, match="not among"):
        services.claim(case.pk, DONE, at=LATER)


def test_a_claim_is_not_a_proof_and_proof_closes(people, case):
    with scoped(people.scope("lan")):
        services.claim(case.pk, DONE, at=LATER)
    with scoped(system("proof")):
        judged = judging.conclude(case.pk, "clean_host", verdict("proven", "7 ngày sạch"), at=LATER)
        assert (judged.state, judged.claim, judged.proof) == ("closed", "done", "proven")
        assert acts(case)[-2:] == ["case.verdict", "case.close"]


def test_a_contradiction_reopens_and_keeps_the_claim(people, case):
    with scoped(system("proof")):
        services.claim(case.pk, DONE, at=LATER)
        judged = judging.conclude(case.pk, "clean_host", verdict("contradicted", "liên lạc C2"), at=LATER)
        assert (judged.state, judged.claim, judged.proof, judged.reopened_count) == (
            "in_progress", "done", "contradicted", 1,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("proven", "due", "stands"),
    [
        (True, LATER + 5 * DAY, LATER + 5 * DAY),
        (True, LATER - DAY, LATER),  # a due time never moves towards the past
        (False, LATER + 5 * DAY, LATER),  # a wrong claim buys no time
    ],
)
def test_a_contact_of_a_proven_host_is_due_as_what_is_found_anew(people, case, proven, due, stands):
    at = LATER + 2 * DAY
    with scoped(system("proof")):
        services.claim(case.pk, DONE, at=LATER)
        if proven:
            judging.conclude(case.pk, "clean_host", verdict("proven", "sạch"), at=LATER, due_at=due)
            assert Case.objects.get().due_at == LATER
        again = judging.conclude(case.pk, "clean_host", verdict("contradicted", "C2"), at=at, due_at=due)
        assert (again.state, again.due_at) == ("in_progress", stands)
        told = Entry.objects.get(act="case.reopen").detail
    assert told.get("due") == (None if stands == LATER else due.isoformat())


def test_late_logs_reverse_a_proof_and_the_ledger_says_so(people, case):
    with scoped(system("proof")):
        services.claim(case.pk, DONE, at=LATER)
        judging.conclude(case.pk, "clean_host", verdict("proven", "sạch"), at=LATER)
        reversed_ = judging.conclude(case.pk, "clean_host", verdict("contradicted", "nhật ký đến muộn"), at=LATER)
        assert (reversed_.state, reversed_.proof, reversed_.closed_at) == ("in_progress", "contradicted", None)
        assert Entry.objects.filter(act="case.verdict").order_by("id").last().detail["reversed_from"] == "proven"


def test_a_proof_that_can_no_longer_be_seen_goes_back_to_claimed(people, case):
    gone = verdict("not_observable", "mất nhật ký", Missing("dns", "im lặng", "dns-1"))
    with scoped(system("proof")):
        services.claim(case.pk, DONE, at=LATER)
        judging.conclude(case.pk, "clean_host", verdict("proven", "sạch"), at=LATER)
        judged = judging.conclude(case.pk, "clean_host", gone, at=LATER)
        assert (judged.state, judged.proof) == ("claimed", "not_observable")
        assert judged.missing[0]["sensor"] == "dns-1"


def test_the_same_judgement_twice_writes_once(people, case):
    with scoped(system("proof")):
        services.claim(case.pk, DONE, at=LATER)
        for _ in range(3):
            judging.conclude(case.pk, "clean_host", verdict("open", "còn 3 ngày"), at=LATER)
        assert StoredVerdict.objects.count() == 1
        assert acts(case).count("case.verdict") == 1
        assert Case.objects.get(pk=case.pk).proof == "watching"


def test_a_gap_that_goes_on_is_told_once_and_one_that_closes_at_once(people, case):
    def unseen(until, gap_ends=None):
        gap = Missing("dns", "silent", "dns-1", "10.1.0.9", LATER, gap_ends)
        return Verdict(VerdictState.NOT_OBSERVABLE, (str(gap),), (gap,), watched_from_utc=LATER, watched_to_utc=until)

    with scoped(system("proof")):
        services.claim(case.pk, DONE, at=LATER)
        for minutes in range(5, 26 * 60, 5):
            now = LATER + timedelta(minutes=minutes)
            judging.conclude(case.pk, "clean_host", unseen(now), at=now)
        told = Entry.objects.filter(act="case.verdict", subject_id=case.pk)
        assert [entry.at - LATER for entry in told.order_by("id")] == [timedelta(minutes=5)]
        assert StoredVerdict.objects.get(case=case).looked_at == now
        now = LATER + timedelta(hours=27)
        judging.conclude(case.pk, "clean_host", unseen(now, LATER + timedelta(hours=26)), at=now)
        assert told.count() == 2


def test_a_look_that_changes_nothing_keeps_when_it_was_and_what_it_saw(people, case):
    def watching(until, *, expected, gap_from):
        log = Missing("flow", "on its way", "flow-1", expected_utc=expected)
        gap = Gap("flow", gap_from, until)
        return Verdict(VerdictState.OPEN, ("the watch runs",), (log,), (gap,), (), LATER, until, LATER + 7 * DAY)

    with scoped(system("proof")):
        services.claim(case.pk, DONE, at=LATER)
        for day in range(1, 4):
            now = LATER + day * DAY
            seen = watching(now, expected=now + DAY, gap_from=now - timedelta(hours=8))
            judging.conclude(case.pk, "clean_host", seen, at=now)
        stored, standing = StoredVerdict.objects.get(case=case), Case.objects.get(pk=case.pk)
        assert acts(case).count("case.verdict") == 1
        assert (stored.at, stored.looked_at, standing.proof_at) == (LATER + DAY, now, LATER + DAY)
        assert stored.detail["gaps"] == [{"kind": "flow", "from": (now - timedelta(hours=8)).isoformat(), "to": None}]
        assert standing.missing[0]["expected"] == (now + DAY).isoformat()
        judging.look_again([(standing, watching(LATER, expected=LATER, gap_from=LATER))], at=LATER + 2 * DAY)
        assert StoredVerdict.objects.get(case=case).looked_at == now, "what was seen earlier replaces nothing"


def seen_calling(*days: int, proof: str = "contradicted", missing: tuple[Missing, ...] = ()) -> Verdict:
    contacts = tuple(Contact(LATER + day * DAY, "flow", "flow-1", "10.1.0.9", "198.51.100.1") for day in days)
    ends = LATER + 7 * DAY
    return Verdict(VerdictState(proof), ("it called",), missing, (), contacts, LATER, LATER + 5 * DAY, ends, ("flow",))


def days_shown(case: Case) -> list[list[int]]:
    """Of each verdict, the oldest first, the days on which it shows a contact."""
    details = StoredVerdict.objects.filter(case=case).order_by("pk").values_list("detail", flat=True)
    return [[(datetime.fromisoformat(one["at"]) - LATER).days for one in detail["contacts"]] for detail in details]


@pytest.mark.parametrize("way", ["conclude", "assess"])
def test_a_contact_that_was_shown_and_explained_away_stays_in_the_verdict_of_its_time(people, case, way):
    def look(judgement, at):
        if way == "conclude":
            judging.conclude(case.pk, "clean_host", judgement, at=at)
        else:
            for one, other in judging.look_again([(Case.objects.get(pk=case.pk), judgement)], at=at):
                judging.conclude(one.pk, "clean_host", other, at=at)

    with scoped(system("proof")):
        services.claim(case.pk, DONE, at=LATER)
        judging.conclude(case.pk, "clean_host", seen_calling(1, 2), at=LATER + 3 * DAY)
        look(seen_calling(1, 2, 3), LATER + 4 * DAY)
        assert days_shown(case) == [[1, 2, 3]], "what only came on top replaces nothing"
        look(seen_calling(1, 3), LATER + 5 * DAY)
        assert days_shown(case) == [[1, 2, 3], [1, 3]]
        assert acts(case).count("case.verdict") == 2
        found = Case.objects.get(pk=case.pk)
        assert (found.proof_at, found.state, found.reopened_count) == (LATER + 5 * DAY, "in_progress", 1)
        look(seen_calling(1, 3), LATER + 6 * DAY)
        assert [one.looked_at - LATER for one in StoredVerdict.objects.order_by("pk")] == [4 * DAY, 6 * DAY]


def test_a_look_leaves_what_was_concluded_meanwhile_alone(people, case):
    with scoped(system("proof")):
        services.claim(case.pk, DONE, at=LATER)
        standing = judging.conclude(case.pk, "clean_host", seen_calling(1, proof="open"), at=LATER + DAY)
        judging.conclude(case.pk, "clean_host", seen_calling(1), at=LATER + 2 * DAY)
        assert judging.look_again([(standing, seen_calling(2, proof="open"))], at=LATER + 3 * DAY) == []
        assert days_shown(case) == [[1], [1]]
        assert StoredVerdict.objects.latest("pk").looked_at == LATER + 2 * DAY


def test_looks_at_many_cases_are_as_many_statements_as_at_one(people):
    def awaited(day):
        log = Missing("flow", "on its way", "flow-1", expected_utc=LATER + day * DAY)
        return seen_calling(*range(day), proof="open", missing=(log,))

    with scoped(system("proof")):
        made = [opening(people, "p-vinh-hai", f"203.0.113.{n}") for n in range(1, 6)]
        found = services.open_many(made, at=cast.NOON)
        standing = []
        for case in found:
            services.claim(case.pk, DONE, at=LATER)
            standing.append(judging.conclude(case.pk, "clean_host", awaited(1), at=LATER + DAY))
        for day, cases_ in ((2, standing[:1]), (3, standing)):
            # The cases held, their verdicts, the looks, what was seen, what is missing.
            with CaptureQueriesContext(connection) as asked:
                judging.look_again([(case, awaited(day)) for case in cases_], at=LATER + day * DAY)
            told = [one["sql"] for one in asked if "SAVEPOINT" not in one["sql"]]
            assert len(told) == 5
            assert "FOR NO KEY UPDATE" in told[0]
        assert {one.missing[0]["expected"] for one in Case.objects.all()} == {(LATER + 3 * DAY).isoformat()}


def test_why_a_case_is_closed_stands_on_it_until_it_is_opened_again(people, case):
    with scoped(system("tests")):
        assert services.close(case.pk, "trùng với vụ khác", at=LATER).closing == "trùng với vụ khác"
        assert services.reopen(case.pk, "mở nhầm", at=LATER).closing == ""


def test_a_new_owner_is_not_contradicted_by_what_the_one_before_claimed(people, case):
    health = people.organisations["so-y-te"]
    with scoped(system("proof")):
        services.claim(case.pk, DONE, at=cast.NOON)
        judging.conclude(case.pk, "clean_host", verdict("contradicted", "liên lạc C2"), at=LATER)
        services.dispute(case.pk, Answer("máy của sở", "Lan"), at=LATER)
        settled = services.settle(case.pk, owner=health, reason="đúng là máy của sở", at=LATER)
        assert (settled.proof, settled.proof_reason, settled.claim) == ("none", "", "none")
        assert StoredVerdict.objects.filter(case=case, org_path=health.path).count() == 1


def test_a_judgement_of_an_older_claim_does_not_touch_a_newer_one(people, case):
    with scoped(system("proof")):
        services.claim(case.pk, DONE, at=cast.NOON)
        services.claim(case.pk, DONE, at=LATER)
        for state in ("contradicted", "proven"):
            judged = judging.conclude(case.pk, "clean_host", verdict(state, "cũ"), at=LATER, of_claim=cast.NOON)
            assert (judged.state, judged.proof) == ("claimed", "none")
        judged = judging.conclude(case.pk, "clean_host", verdict("proven", "sạch"), at=LATER, of_claim=LATER)
        assert judged.proof == "proven"


def test_a_judgement_of_a_claim_that_became_a_dispute_is_left_out(people, case):
    with scoped(system("proof")):
        services.claim(case.pk, DONE, at=cast.NOON)
        services.reopen(case.pk, "khai nhầm", at=LATER)
        services.dispute(case.pk, Answer("máy của sở", "Lan"), at=cast.NOON)
        judged = judging.conclude(case.pk, "clean_host", verdict("proven", "sạch"), at=LATER, of_claim=cast.NOON)
        assert (judged.state, judged.proof) == ("disputed", "none")


def test_a_new_claim_asks_observation_afresh(people, case):
    with scoped(system("proof")):
        services.claim(case.pk, DONE, at=LATER)
        judging.conclude(case.pk, "clean_host", verdict("contradicted", "liên lạc C2"), at=LATER)
        claimed = services.claim(case.pk, Answer("cài lại lần hai", "Lan"), at=LATER + timedelta(hours=1))
        assert (claimed.proof, claimed.proof_reason) == ("none", "")


def test_a_dispute_needs_a_reason_and_goes_to_the_true_owner(people, case):
    with scoped(people.scope("lan")):
        with pytest.raises(InputError, match="reason"):
            services.dispute(case.pk, Answer(" ", "Lan"), at=LATER)
        services.dispute(case.pk, Answer("địa chỉ của Sở Y tế", "Lan"), at=LATER)
    with scoped(system("tests")):
        Finding.objects.create(case=case, org_path=case.org_path, source="s", subject="203.0.113.9")
    owner = people.organisations["so-y-te"]
    with scoped(people.scope("ha")):
        settled = services.settle(case.pk, owner=owner, reason="đúng", at=LATER)
        assert (settled.state, settled.organisation, settled.claim) == ("sent", owner, "none")
    with scoped(people.scope("tam")):
        assert Case.objects.get().findings.count() == 1
    with scoped(people.scope("lan")):
        assert not Case.objects.exists()
        assert not Finding.objects.exists()


def test_cannot_comply_is_not_a_dispute(people, case):
    with scoped(people.scope("lan")):
        refused = services.refuse(case.pk, Answer("máy y tế, không được dừng", "Lan"), at=LATER)
        assert (refused.state, refused.claim) == ("cannot_comply", "cannot")


def test_closing_by_hand_needs_a_reason_and_a_closed_case_takes_no_claim(people, case):
    with scoped(people.scope("ha")):
        with pytest.raises(InputError, match="reason"):
            services.close(case.pk, "", at=LATER)
        services.close(case.pk, "thu hồi", at=LATER)
        with pytest.raises(WrongState, match="closed"):
            services.claim(case.pk, DONE, at=LATER)


def test_an_extension_remembers_the_due_time_before(people, case):
    with scoped(people.scope("ha")):
        for over in (LATER, LATER - timedelta(days=1)):
            with pytest.raises(InputError, match="over already"):
                services.extend(case.pk, over, "lễ", at=LATER)
        extended = services.extend(case.pk, LATER + timedelta(days=1), "lễ", at=LATER)
        assert extended.due_at == LATER + timedelta(days=1)
        assert Entry.objects.get(act="case.extend").detail["due_before"] == LATER.isoformat()


def test_an_acknowledgement_whose_entry_does_not_say_what_stood_before_is_not_undone(people, case):
    with scoped(people.scope("ha")):
        Case.objects.filter(pk=case.pk).update(state="acknowledged", acknowledged_at=LATER)
        ledger.record("case.acknowledge", "case", case.pk, case.org_path, at=LATER, state="acknowledged", was="sent")
        with pytest.raises(WrongState, match="moved on"):
            services.undo(case.pk, Entry.objects.latest("pk").pk, at=LATER)
        assert Case.objects.get(pk=case.pk).acknowledged_at == LATER


def test_a_hand_over_names_both_people(people, case):
    with scoped(people.scope("ha")):
        services.start(case.pk, at=LATER, person=people.people["ha"])
        services.hand_over(case.pk, people.people["minh"], at=LATER, note="xem nhật ký DNS")
        detail = Entry.objects.get(act="case.hand_over").detail
        assert (detail["came_from"], detail["to"]) == ("Hà", "Minh")


def test_open_work_moves_with_a_merger_and_closed_work_stays(people, case):
    target = people.organisations["so-y-te"]
    with scoped(system("tests")):
        closed = services.open_many([opening(people, "p-vinh-hai", "203.0.113.10")], at=cast.NOON)[0]
        services.close(closed.pk, "xong", at=LATER)
        moved = services.move_open_work([case.pk, closed.pk], target, act="Nghị quyết 1", at=LATER)
        assert moved == 1
        assert Case.objects.get(pk=case.pk).org_path == target.path
        assert Case.objects.get(pk=closed.pk).org_path == people.organisations["p-vinh-hai"].path


def test_the_tally_always_equals_a_count_of_the_cases(people):
    with scoped(system("tests")):
        made = services.open_many(
            [opening(people, code, f"203.0.113.{n}") for n in range(1, 9) for code in ("p-vinh-hai", "so-y-te")],
            at=cast.NOON,
        )
        for case in made[::3]:
            services.claim(case.pk, DONE, at=LATER)
        for case in made[::6]:
            judging.conclude(case.pk, "clean_host", verdict("proven", "sạch"), at=LATER)
        made[1].delete()
        counted = {}
        for case in Case.objects.all():
            bucket = (case.org_path, case.kind, case.state, case.proof)
            counted[bucket] = counted.get(bucket, 0) + 1
        assert tallied() == counted
        before, after = tallies.fold()
        assert after < before
        assert tallied() == counted


def tallied() -> dict[tuple[str, ...], int]:
    return {
        (row["org_path"], row["kind"], row["state"], row["proof"]): row["total"]
        for row in Tally.objects.values("org_path", "kind", "state", "proof").annotate(total=Sum("number"))
        if row["total"]
    }


def test_a_judgement_that_began_earlier_never_replaces_a_later_one(people, case):
    with scoped(system("proof")):
        claimed = services.claim(case.pk, DONE, at=cast.NOON)
        judging.conclude(case.pk, "clean_host", verdict("contradicted", "liên lạc C2"), at=LATER)
        stale = judging.conclude(
            case.pk, "clean_host", verdict("not_observable", "cũ"), at=LATER - timedelta(minutes=1)
        )
        assert (stale.proof, stale.proof_reason, stale.proof_at) == ("contradicted", "liên lạc C2", LATER)
        assert StoredVerdict.objects.filter(case=case).count() == 1
        assert claimed.claimed_at == cast.NOON
