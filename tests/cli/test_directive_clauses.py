"""`vonggac directive clause …`: clauses shaped and corrected from the shell, tried first without keeping anything."""

import pytest

from tests.cli.test_directive import shell
from vonggac.directives.models import Clause, Directive, Obligation
from vonggac.duty.models import Message
from vonggac.errors import InputError, NotPermitted, OutOfScope, WrongState
from vonggac.ledger.models import Entry
from vonggac.tenancy.scope import scoped, system

__all__ = ["shell"]
ORDER = "Công văn 40/BATM"


@pytest.fixture
def draft(shell) -> str:
    shell("enter", "chi-dao.txt", "--draft")
    return _main()


@pytest.fixture
def in_force(shell) -> str:
    shell("enter", "chi-dao.txt", "--arrived-on", "2024-04-23", "--due", "2030-01-01", "--sure")
    return _main()


def _main() -> str:
    with scoped(system("tests")):
        return str(Directive.objects.get(number="2718").pk)


def clauses() -> dict[str, Clause]:
    with scoped(system("tests")):
        return {one.label: one for one in Clause.objects.filter(directive__number="2718")}


def acts() -> list[str]:
    with scoped(system("tests")):
        return list(
            Entry.objects.filter(act__startswith="directive.clause").order_by("pk").values_list("act", flat=True)
        )


def test_the_clauses_of_a_draft_are_shown_with_what_each_asks_and_whom_it_binds(shell, draft):
    lines = shell("clause", "show", draft).splitlines()
    assert [line.split("  ")[0] for line in lines] == list(clauses())
    assert "everybody" in next(line for line in lines if line.startswith("1.a "))


def test_a_clause_is_added_split_merged_and_left_out_before_the_directive_is_entered(shell, draft):
    before = set(clauses())
    shell("clause", "add", draft, "9", "--text", "Rà soát máy chủ; báo cáo trước ngày 30/4/2024", "--binds", "commune")
    assert clauses()["9"].binds == ["commune"]
    assert clauses()["9"].due_at.isoformat() == "2024-04-30T17:00:00+00:00"
    said = shell("clause", "split", draft, "9", "--before", "báo cáo")
    assert (clauses()["9"].text, clauses()["9 (2)"].text) == ("Rà soát máy chủ;", "báo cáo trước ngày 30/4/2024")
    assert "9 (2)  2024-05-01T00:00" in said
    shell("clause", "merge", draft, "9")
    assert clauses()["9"].text.splitlines() == ["Rà soát máy chủ;", "báo cáo trước ngày 30/4/2024"]
    shell("clause", "correct", draft, "9", "--due", "none", "--binds", "nobody")
    assert (clauses()["9"].due_at, clauses()["9"].binds) == (None, [])
    shell("clause", "remove", draft, "9")
    assert set(clauses()) == before
    assert [act.removeprefix("directive.clause") for act in acts()] == [
        "_add", "", "", "_split", "_merge", "", "_remove",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "words",
    [
        ["add", "9", "--text", "Rà soát"],
        ["split", "1.a", "--before", "24/7"],
        ["merge", "1.a"],
        ["remove", "1.a"],
        ["correct", "1.a", "--binds", "province"],
    ],
)
def test_a_dry_run_of_a_draft_shows_the_clauses_and_keeps_nothing(shell, draft, words):
    before = {label: (one.text, one.binds) for label, one in clauses().items()}
    shown = shell("clause", "show", draft)
    act, *rest = words
    assert shell("clause", act, draft, *rest, "--dry-run") != shown
    assert {label: (one.text, one.binds) for label, one in clauses().items()} == before
    assert acts() == []


def test_a_clause_in_force_is_corrected_with_a_reason_and_those_it_binds_are_told(shell, in_force, capsys):
    with scoped(system("tests")):
        told, bound = Message.objects.count(), Obligation.objects.filter(clause__label="1.a").count()
    words = ["clause", "correct", in_force, "1.a", "--due", "2030-02-01", "--reason", ORDER]
    shell(*words, "--dry-run")
    with scoped(system("tests")):
        assert Message.objects.count() == told
        assert not Entry.objects.filter(act="directive.clause_amend").exists()
    shell(*words)
    with scoped(system("tests")):
        assert Message.objects.count() == told + bound
        entry = Entry.objects.get(act="directive.clause_amend")
        assert (entry.detail["reason"], entry.actor[:7]) == (ORDER, "person:")
        dues = {one.case.due_at.isoformat() for one in Obligation.objects.filter(clause__label="1.a")}
        assert dues == {"2030-02-01T17:00:00+00:00"}


def test_a_clause_added_with_a_due_time_alone_binds_whom_the_regime_says(shell, draft):
    shell("clause", "add", draft, "9", "--text", "Rà soát máy chủ")
    shell("clause", "add", draft, "10", "--text", "Rà soát máy chủ", "--due", "2024-05-07")
    known = clauses()
    assert known["9"].binds
    assert known["10"].binds == known["9"].binds
    assert known["10"].due_at.isoformat() == "2024-05-07T17:00:00+00:00"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["correct", "1.a", "--text", "khác"], "name the document or the order"),
        (["correct", "1.a"], "say what to correct"),
        (["correct", "9.z", "--text", "khác"], r"has no clause 9.z; it has: 1, 1\.a"),
        (["correct", "1.a", "--binds", "everyone", "--reason", ORDER], "no kind of organisation; one of: everybody"),
        (["correct", "1.a", "--rule", "magic", "--reason", ORDER], "no proof rule for clauses; one of: none"),
        (["correct", "1.a", "--due", "hôm qua", "--reason", ORDER], "is no time"),
    ],
)
def test_what_cannot_be_used_says_what_can(shell, in_force, words, said):
    act, *rest = words
    with pytest.raises(InputError, match=said):
        shell("clause", act, in_force, *rest)
    assert acts() == []


def test_a_clause_is_split_only_before_words_that_stand_in_it_once(shell, draft):
    with pytest.raises(InputError, match=r"has to stand once in clause 1\.a, and stands there 0 times"):
        shell("clause", "split", draft, "1.a", "--before", "không có chữ này")


def test_what_is_in_force_is_not_shaped_any_more(shell, in_force):
    for words in (["merge", "1.a"], ["remove", "1.a"], ["split", "1.a", "--before", "24/7"]):
        with pytest.raises(WrongState):
            shell("clause", words[0], in_force, *words[1:])
    assert acts() == []


def test_only_who_may_assign_changes_clauses_and_nobody_of_another_office(shell, draft):
    with pytest.raises(NotPermitted):
        shell("clause", "remove", draft, "1.a", by="lan")
    with pytest.raises((OutOfScope, NotPermitted)):
        shell("clause", "remove", draft, "1.a", by="vinh")
    assert "1.a" in clauses()
