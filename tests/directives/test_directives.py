"""A directive from draft to work: entered, bound, forwarded, extended, recalled, superseded."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils.translation import override

from tests import cast
from tests.duty.messages_of import secret_for, send_due
from vonggac.cases import judging
from vonggac.cases import services as cases
from vonggac.cases.models import Case
from vonggac.cases.proof import Verdict, VerdictState
from vonggac.cases.rules import State
from vonggac.cases.services import Answer
from vonggac.desk.retelling import retold
from vonggac.directives import obligations, queries, services
from vonggac.directives.models import Clause, Directive, Obligation
from vonggac.directives.services import Entering, Received
from vonggac.duty.models import Message
from vonggac.errors import InputError, OutOfScope, WrongState
from vonggac.flows import acknowledgement, assessment
from vonggac.flows import directive as flow
from vonggac.ledger.models import Entry
from vonggac.regimes import regime
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
READING = {
    "kind": "cong_van", "number": "31", "symbol": "BAN-ATM", "issuer": "Ban An toàn mạng", "date": "2026-04-17",
    "subject": "bảo đảm an toàn dịp lễ", "addressees": ["Các sở"], "references": [],
    "period": {"from": "2026-04-30", "to": "2026-05-07", "why": "dịp lễ"},
    "clauses": [
        {"label": "1", "heading": "Tăng cường:", "text": "Tăng cường:", "deadlines": []},
        {"label": "1.a", "heading": None, "text": "Ứng trực, giám sát 24/7.", "deadlines": []},
        {"label": "1.c", "heading": None, "text": "Bóc gỡ mã độc, ưu tiên IP trong danh sách mạng Botnet.",
         "deadlines": [{"text": "trước ngày 01/5/2026", "due": "2026-05-01"}]},
        {"label": "2", "heading": "Các doanh nghiệp viễn thông, Internet:", "text": "Các doanh nghiệp viễn thông:",
         "deadlines": []},
        {"label": "2.a", "heading": None, "text": "Phân công nhân lực trực giám sát hạ tầng.", "deadlines": []},
        {"label": "3", "heading": None, "text": "Cần hỗ trợ đề nghị liên hệ các đầu mối sau.", "deadlines": []},
    ],
}  # fmt: skip
LETTER = {"kind": "cong_van", "number": None, "symbol": "UBND-KSTT", "references": ["31/BAN-ATM"], "clauses": []}
UPLOAD = Received("31.txt", "ab" * 32, 900, "…")


@pytest.fixture
def drafts(people) -> list[Directive]:
    office = people.organisations["hai-van"]
    with scoped(people.scope("ha")):
        return services.receive(UPLOAD, [LETTER, READING], office, regime.on(date(2026, 4, 20)), at=cast.NOON)


@pytest.fixture
def bound(people, drafts) -> Directive:
    with scoped(people.scope("ha")):
        entering = Entering(date(2026, 4, 20), lead=people.organisations["so-tttt"])
        flow.confirm(drafts[1].pk, entering, at=cast.NOON)
        return Directive.objects.get(pk=drafts[1].pk)


@pytest.fixture
def timeless(people) -> Directive:
    """A directive in force that sets no time at all."""
    bare = READING | {"period": None, "clauses": [READING["clauses"][1]]}
    with scoped(people.scope("ha")):
        (draft,) = services.receive(
            Received("32.txt", "ef" * 32, 9, "…"), [bare], people.organisations["hai-van"],
            regime.on(date(2026, 4, 20)), at=cast.NOON,
        )  # fmt: skip
        flow.confirm(draft.pk, Entering(date(2026, 4, 20)), at=cast.NOON)
        return Directive.objects.get(pk=draft.pk)


def test_an_extension_never_ends_before_now_even_where_nothing_ended_before(people, timeless):
    with scoped(people.scope("ha")):
        for moment in (cast.NOON - timedelta(days=1), cast.NOON):
            with pytest.raises(InputError, match="over already"):
                flow.extend(timeless.pk, moment, "công văn gia hạn", at=cast.NOON)
        assert not Case.objects.filter(due_at__isnull=False).exists()
        assert flow.extend(timeless.pk, cast.NOON + timedelta(minutes=1), "công văn gia hạn", at=cast.NOON) == 4


@pytest.mark.parametrize(
    ("urgency", "priority", "reason", "in_english"),
    [
        ("hoa_toc", 2, "văn bản hỏa tốc", "a document of the highest urgency"),
        ("thuong_khan", 2, "văn bản thượng khẩn", "a very urgent document"),
        ("khan", 2, "văn bản khẩn", "an urgent document"),
        ("trong hai giờ", 2, "văn bản ghi độ khẩn “trong hai giờ”", "a document whose urgency is “trong hai giờ”"),
        (None, 3, "văn bản không ghi độ khẩn", "a document without a mark of urgency"),
    ],
)
def test_the_priority_s_reason_is_a_sentence_with_the_due_time(people, urgency, priority, reason, in_english):
    office, on = people.organisations["hai-van"], regime.on(date(2026, 4, 20))
    with scoped(people.scope("ha")):
        (draft,) = services.receive(UPLOAD, [READING | {"urgency": urgency}], office, on, at=cast.NOON)
        flow.confirm(draft.pk, Entering(date(2026, 4, 20)), at=cast.NOON)
        sent = Case.objects.filter(subject="1.c").first()
    assert (sent.priority, sent.priority_reason) == (priority, f"{reason}; hạn khi giao: hết ngày 1/5/2026")
    with override("en"):
        assert retold(sent.priority_reason) == f"{in_english}; due when it was sent: end of 1/5/2026"


def test_without_a_due_time_the_reason_says_so(people, timeless):
    with scoped(people.scope("ha")):
        assert {case.priority_reason for case in Case.objects.all()} == {
            "văn bản không ghi độ khẩn; khi giao chưa có hạn"
        }


def labels(people: cast.Cast, name: str) -> list[str]:
    with scoped(people.scope(name)):
        return list(Obligation.objects.order_by("clause__position").values_list("clause__label", flat=True))


def test_the_cover_letter_is_tied_to_the_directive_that_it_passes_on(people, drafts):
    letter, attached = drafts
    assert (letter.covers, letter.number) == (attached, "")
    assert (attached.number, attached.issued_on, attached.period_to) == ("31", date(2026, 4, 17), date(2026, 5, 7))


def test_the_same_file_again_makes_no_second_draft(people, drafts):
    with scoped(people.scope("ha")):
        again = services.receive(
            UPLOAD, [READING], people.organisations["hai-van"], regime.on(date(2026, 4, 20)), at=cast.NOON
        )
        assert [draft.pk for draft in again] == [draft.pk for draft in drafts]


def test_a_number_with_and_without_its_leading_zero_is_the_same_number(people):
    office, on = people.organisations["hai-van"], regime.on(date(2026, 4, 20))
    letter = LETTER | {"references": ["7/BAN-ATM"]}
    with scoped(people.scope("ha")):
        first, paper = services.receive(UPLOAD, [letter, READING | {"number": "07"}], office, on, at=cast.NOON)
        assert first.covers == paper
        flow.confirm(paper.pk, Entering(date(2026, 4, 20)), at=cast.NOON)
        copy = Received("7.txt", "cd" * 32, 900, "…")
        for number, others in (("7", [paper]), ("007", [paper]), ("70", []), ("17", [])):
            again = services.receive(copy, [READING | {"number": number}], office, on, at=cast.NOON)
            assert queries.twins(again[0]) == others
            services.discard(again[0].pk, at=cast.NOON)
        for words in ("7", "07", "7/BAN", "07/BAN-ATM"):
            assert list(queries.find(words)) == [paper]
        assert not queries.find("0").exists()


def test_a_draft_obliges_nobody(people, drafts):
    with scoped(people.scope("ha")):
        with pytest.raises(WrongState, match="confirm"):
            obligations.bind(drafts[1].pk, at=cast.NOON)
        assert not Case.objects.exists()


def test_each_clause_binds_the_kinds_that_the_regime_says(people, bound):
    assert labels(people, "lan") == ["1.a", "1.c"]
    with scoped(people.scope("ha")):
        by_organisation = {}
        for obligation in Obligation.objects.select_related("clause", "organisation"):
            by_organisation.setdefault(obligation.organisation.code, set()).add(obligation.clause.label)
        assert by_organisation == {
            "so-tttt": {"1.a", "1.c"}, "so-y-te": {"1.a", "1.c"}, "p-vinh-hai": {"1.a", "1.c"},
            "vien-thong": {"1.a", "1.c", "2.a"},
        }  # fmt: skip
        rules = dict(Clause.objects.filter(directive=bound).values_list("label", "rule"))
        assert rules["1.c"] == "botnet_hosts"
        assert rules["1.a"] == rules["2.a"] == "duty_coverage"


def test_the_clause_s_own_deadline_comes_before_the_period_s_end(people, bound):
    with scoped(people.scope("lan")):
        due = dict(Case.objects.values_list("subject", "due_at"))
        assert due["1.c"] == datetime(2026, 5, 1, 17, 0, tzinfo=UTC)
        assert due["1.a"] == datetime(2026, 5, 7, 17, 0, tzinfo=UTC)


def test_binding_again_binds_only_who_came_since(people, bound):
    with scoped(people.scope("ha")):
        assert obligations.bind(bound.pk, at=cast.NOON) == []


def test_every_bound_organisation_reads_the_directive_and_no_stranger_does(people, bound):
    for name, sees in (("lan", True), ("tam", True), ("vinh", False)):
        with scoped(people.scope(name)):
            assert Directive.objects.filter(pk=bound.pk).exists() == sees
            assert Clause.objects.exists() == sees


def test_arrival_numbers_begin_with_one_each_year_and_never_repeat(people, drafts):
    with scoped(people.scope("ha")):
        office = people.organisations["hai-van"]
        numbers = [services.next_number(office, "incoming", year) for year in (2026, 2026, 2027, 2026)]
        assert numbers == [1, 2, 1, 3]


def test_one_message_an_organisation_whose_link_acknowledges_without_signing_in(people, bound):
    with scoped(people.scope("ha")):
        assert Message.objects.count() == 4
        message = Message.objects.get(organisation=people.organisations["p-vinh-hai"])
    secret = secret_for(message, at=cast.NOON)
    _, shown = acknowledgement.show(secret, at=cast.NOON)
    assert {case.state for case in shown} == {"sent"}
    acknowledgement.acknowledge(secret, by="Lan", at=cast.NOON)
    with scoped(people.scope("lan")):
        assert set(Case.objects.values_list("state", flat=True)) == {"acknowledged"}
        assert Entry.objects.filter(act="case.acknowledge", actor__startswith="link:").count() == 2
    with pytest.raises(InputError, match="already"):
        acknowledgement.acknowledge(secret, by="Lan", at=cast.NOON)


@pytest.mark.parametrize(
    ("change", "reason"), [(lambda s: s[:-1] + "x", "not one of ours"), (lambda s: s[:10], "not one of ours")]
)
def test_a_cut_or_guessed_link_opens_nothing(people, bound, change, reason):
    with scoped(people.scope("ha")):
        message = Message.objects.first()
    secret = secret_for(message, at=cast.NOON)
    with pytest.raises(InputError, match=reason):
        acknowledgement.show(change(secret), at=cast.NOON)


def test_a_link_expires(people, bound):
    with scoped(people.scope("ha")):
        message = Message.objects.first()
    secret = secret_for(message, at=cast.NOON)
    with pytest.raises(InputError, match="expired"):
        acknowledgement.show(secret, at=cast.NOON + timedelta(days=15))


def test_an_organisation_without_an_address_is_told_by_people_and_the_others_by_mail(people, drafts, sink):
    with scoped(people.scope("ha")):
        people.organisations["p-vinh-hai"].email = "p-vinh-hai@example.vn"
        people.organisations["p-vinh-hai"].save()
        entering = Entering(date(2026, 4, 20), lead=people.organisations["so-tttt"])
        flow.confirm(drafts[1].pk, entering, at=cast.NOON)
    send_due()
    assert [letter["To"] for letter in sink.letters] == ["p-vinh-hai@example.vn"]
    with scoped(people.scope("ha")):
        assert Message.objects.filter(to="", next_try_at__isnull=True).count() == 3
        assert Message.objects.exclude(sent_at=None).count() == 1


def test_a_department_forwards_to_its_own_units_only_and_the_chain_stays(people, bound):
    with scoped(people.scope("tam")):
        ours = Obligation.objects.get(clause__label="1.c")
        (theirs,) = flow.forward(ours.pk, [people.organisations["bv-da-khoa"]], at=cast.NOON)
        assert (theirs.forwarded_from, theirs.case.due_at) == (ours, ours.case.due_at)
        with pytest.raises(InputError, match="own units"):
            flow.forward(ours.pk, [people.organisations["p-vinh-hai"]], at=cast.NOON)
    with scoped(people.scope("lan")), pytest.raises(OutOfScope):
        flow.forward(ours.pk, [people.organisations["bv-da-khoa"]], at=cast.NOON)


def test_cooperating_bodies_stand_beside_the_lead(people, bound):
    with scoped(people.scope("ha")):
        lead = Obligation.objects.get(clause__label="1.c", organisation__code="so-tttt")
        Obligation.objects.filter(clause__label="1.c", organisation__code="so-y-te").delete()
        (helper,) = obligations.assist(lead.pk, [people.organisations["so-y-te"]], at=cast.NOON)
        lead.refresh_from_db()
        assert (lead.part, helper.part, helper.forwarded_from) == ("lead", "cooperate", lead)


def test_an_extension_moves_open_work_and_leaves_closed_work(people, bound):
    later = datetime(2026, 5, 20, tzinfo=UTC)
    with scoped(people.scope("ha")):
        closed = Case.objects.filter(organisation__code="so-y-te").first()
        cases.close(closed.pk, "xong", at=cast.NOON)
        assert flow.extend(bound.pk, later, "công văn gia hạn", at=cast.NOON) == 8
        closed.refresh_from_db()
        assert closed.due_at != later


def test_an_extension_takes_time_from_nobody_and_ends_later_than_what_it_extends(people, bound):
    end, later = datetime(2026, 5, 7, 17, tzinfo=UTC), datetime(2026, 5, 20, tzinfo=UTC)
    with scoped(people.scope("ha")):
        given_more = Case.objects.filter(organisation__code="so-y-te").first()
        cases.extend(given_more.pk, later + timedelta(days=9), "máy ở xa", at=cast.NOON)
        assert flow.extend(bound.pk, later, "công văn gia hạn", at=cast.NOON) == 8
        given_more.refresh_from_db()
        assert given_more.due_at == later + timedelta(days=9)
        for moment in (end, later):
            with pytest.raises(InputError, match="later"):
                flow.extend(bound.pk, moment, "rút ngắn", at=cast.NOON)


def test_what_was_closed_since_it_was_read_holds_no_withdrawal_up(people, bound):
    with scoped(people.scope("ha")):
        read = list(obligations.of_directive(bound.pk))
        cases.close(read[0].case_id, "xong", at=cast.NOON)
        assert read[0].case.state != State.CLOSED
        assert obligations.withdraw(read, "công văn 40", at=cast.NOON) == len(read) - 1
        assert Case.objects.get(pk=read[0].case_id).closing == "xong"


def test_a_recalled_directive_binds_nobody_more(people, bound):
    with scoped(people.scope("ha")):
        ours = Obligation.objects.get(clause__label="1.c", organisation__code="so-y-te")
        flow.recall(bound.pk, "công văn 40", at=cast.NOON)
        hospital = [people.organisations["bv-da-khoa"]]
        for act in (lambda: flow.forward(ours.pk, hospital, at=cast.NOON),
                    lambda: flow.assist(ours.pk, hospital, at=cast.NOON),
                    lambda: flow.bind_again(bound.pk, at=cast.NOON)):  # fmt: skip
            with pytest.raises(WrongState):
                act()
        assert Obligation.objects.count() == 9


def test_late_logs_open_nothing_again_that_was_closed_before_the_recall(people, bound):
    with scoped(people.scope("ha")):
        case = Case.objects.get(subject="1.c", organisation__code="so-y-te")
        cases.claim(case.pk, Answer("đã bóc gỡ", "Tâm"), at=cast.NOON)
        proven = Verdict(VerdictState.PROVEN, ("7 ngày sạch",))
        judging.conclude(case.pk, "botnet_hosts", proven, at=cast.NOON, of_claim=cast.NOON)
        flow.recall(bound.pk, "công văn 40", at=cast.NOON)
    with scoped(system("proof")):
        assert assessment.assess(at=cast.NOON + timedelta(days=1)) == {}
        case.refresh_from_db()
        assert (case.state, case.proof) == ("closed", "proven")


def test_a_disputed_obligation_goes_whole_to_whoever_it_really_binds(people, bound):
    hospital, telco = people.organisations["bv-da-khoa"], people.organisations["vien-thong"]
    with scoped(people.scope("lan")):
        case = Case.objects.get(subject="1.a")
        cases.dispute(case.pk, Answer("không có hệ thống nào", "Lan"), at=cast.NOON)
    with scoped(people.scope("ha")):
        with pytest.raises(InputError, match=r"bound by clause 1\.a itself"):
            flow.settle(case.pk, telco, "đúng", at=cast.NOON)
        flow.settle(case.pk, hospital, "máy của bệnh viện", at=cast.NOON)
        obligation = Obligation.objects.get(case=case)
        assert (obligation.organisation, obligation.org_path) == (hospital, hospital.path)
    with scoped(people.scope("tam")):
        assert Case.objects.get(pk=case.pk).state == "sent"
    with scoped(people.scope("lan")):
        assert labels(people, "lan") == ["1.c"]
        assert not Case.objects.filter(pk=case.pk).exists()


def test_one_new_directive_may_replace_several(people, drafts, bound):
    with scoped(people.scope("ha")):
        another = Directive.objects.get(pk=bound.pk)
        another.pk, another.position = None, 7
        another.save()
        services.enter(drafts[0].pk, Entering(date(2026, 4, 21)), at=cast.NOON)
        for old in (bound, another):
            flow.supersede(old.pk, drafts[0].pk, at=cast.NOON)
        assert set(drafts[0].replaces.all()) == {bound, another}


def test_a_recall_closes_what_is_open_and_keeps_the_claims(people, bound):
    with scoped(people.scope("lan")):
        case = Case.objects.get(subject="1.a")
        cases.claim(case.pk, Answer("đã trực", "Lan"), at=cast.NOON)
    with scoped(people.scope("ha")):
        with pytest.raises(InputError, match="document"):
            flow.recall(bound.pk, " ", at=cast.NOON)
        assert flow.recall(bound.pk, "công văn 40", at=cast.NOON) == 9
        case.refresh_from_db()
        assert (case.state, case.claim) == ("closed", "done")
        with pytest.raises(WrongState, match="in force"):
            flow.extend(bound.pk, cast.NOON, "muộn", at=cast.NOON)


def test_the_file_of_a_directive_entered_by_mistake_comes_in_again(people, drafts):
    with scoped(people.scope("ha")):
        office, rules = people.organisations["hai-van"], regime.on(date(2026, 4, 20))
        flow.confirm_together([one.pk for one in drafts], Entering(date(2026, 4, 20)), at=cast.NOON)
        assert services.receive(UPLOAD, [LETTER, READING], office, rules, at=cast.NOON) == drafts
        assert flow.strike_out(drafts[1].pk, "nhầm nơi nhận", at=cast.NOON) == 9
        assert set(Directive.objects.values_list("state", flat=True)) == {"mistaken"}, "its cover letter goes with it"
        anew = services.receive(UPLOAD, [LETTER, READING], office, rules, at=cast.NOON)
        assert [one.state for one in anew] == ["draft", "draft"]
        assert services.receive(UPLOAD, [LETTER, READING], office, rules, at=cast.NOON) == anew


def test_a_file_comes_in_again_after_a_draft_was_thrown_away_and_the_rest_struck_out(people, drafts, bound):
    with scoped(people.scope("ha")):
        office, rules = people.organisations["hai-van"], regime.on(date(2026, 4, 20))
        services.keep_filled(bound.document, {"arrived_on": ["20/4/2026"]}, at=cast.NOON)
        services.discard(drafts[0].pk, at=cast.NOON)
        flow.strike_out(bound.pk, "nhầm nơi nhận", at=cast.NOON)
        anew = services.receive(UPLOAD, [LETTER, READING], office, rules, at=cast.NOON)
        assert [(one.position, one.state) for one in anew] == [(2, "draft"), (3, "draft")]
        assert anew[0].document.filled == {}, "what was filled in belongs to the mistaken entry"


def test_what_was_struck_out_is_no_twin(people, bound):
    with scoped(people.scope("ha")):
        office, rules = people.organisations["hai-van"], regime.on(date(2026, 4, 20))
        copy = Received("copy.txt", "cd" * 32, 900, "…")
        (again,) = services.receive(copy, [READING], office, rules, at=cast.NOON)
        assert queries.twins(again) == [bound]
        flow.strike_out(bound.pk, "nhầm nơi nhận", at=cast.NOON)
        assert queries.twins(again) == []


def test_what_a_cover_letter_struck_out_obliged_to_is_withdrawn_too(people, drafts):
    with scoped(people.scope("ha")):
        letter, paper = drafts
        Clause.objects.create(
            directive=letter, org_path=letter.org_path, position=0, label="1", text="Báo cáo.",
            binds=list(paper.clauses.get(label="1.a").binds),
        )  # fmt: skip
        flow.confirm_together([letter.pk, paper.pk], Entering(date(2026, 4, 20)), at=cast.NOON)
        of_letter = len(obligations.of_directive(letter.pk))
        assert of_letter
        assert flow.strike_out(paper.pk, "nhầm nơi nhận", at=cast.NOON) == 9 + of_letter
        assert set(Case.objects.values_list("state", flat=True)) == {"closed"}
        assert not Obligation.objects.filter(recalled_at=None).exists()


def test_a_directive_is_superseded_by_another_in_force_only(people, drafts, bound):
    with scoped(people.scope("ha")):
        with pytest.raises(WrongState, match="enter the new one"):
            flow.supersede(bound.pk, drafts[0].pk, at=cast.NOON)
        services.enter(drafts[0].pk, Entering(date(2026, 4, 21)), at=cast.NOON)
        assert flow.supersede(bound.pk, drafts[0].pk, at=cast.NOON) == 9
        bound.refresh_from_db()
        assert bound.state == "superseded"


def test_a_correction_keeps_what_was_there_before(people, drafts):
    with scoped(people.scope("ha")):
        services.correct(drafts[0].pk, {"number": "2041", "issued_on": date(2026, 4, 18)}, at=cast.NOON)
        changes = Entry.objects.get(act="directive.correct").detail["changes"]
        assert changes == {"number": ["", "2041"], "issued_on": [None, "2026-04-18"]}
        with pytest.raises(InputError, match="state"):
            services.correct(drafts[0].pk, {"state": "confirmed"}, at=cast.NOON)


def test_only_a_draft_is_discarded(people, drafts, bound):
    with scoped(people.scope("ha")):
        services.discard(drafts[0].pk, at=cast.NOON)
        with pytest.raises(WrongState, match="recall"):
            services.discard(bound.pk, at=cast.NOON)
