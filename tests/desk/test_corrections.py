"""A document is corrected in whatever state it stands, with whatever somebody types: the answer is never an error."""

import re
from importlib.resources import files

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from tests import cast
from tests.desk.forms import enter, fields_of
from vonggac.cases import services as cases
from vonggac.cases.services import Answer
from vonggac.directives import clauses, obligations
from vonggac.directives.models import Clause, Directive, DirectiveState, Obligation
from vonggac.errors import OutOfScope, WrongState
from vonggac.flows import directive as flow
from vonggac.tenancy.scope import scoped, system

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_home")]
DISPATCH = files("vonggac.exercise").joinpath("data/chi-dao.txt").read_bytes()


@pytest.fixture
def ha(people) -> Client:
    return people.client("ha", raise_request_exception=False)


@pytest.fixture
def draft(ha) -> str:
    """The address of the confirm page of a file that waits."""
    return ha.post(reverse("directives-upload"), {"file": SimpleUploadedFile("chi-dao.txt", DISPATCH)}).url


def main() -> Directive:
    with scoped(system("tests")):
        return Directive.objects.get(number="2718")


def clause() -> Clause:
    """A clause that binds somebody."""
    with scoped(system("tests")):
        return Clause.objects.filter(directive__number="2718").exclude(binds=[]).first()


TYPED = {
    "a NUL in the words": ("text", "Rà soát\x00 máy"),
    "a rule longer than any": ("rule", "x" * 41),
    "a rule that nobody named": ("rule", "no-such-rule"),
    "a kind that does not exist": ("binds", "x" * 21),
    "the last day of all": ("due", "9999-12-31"),
    "a moment past all": ("due", "9999-12-31T23:59-14:00"),
    "a moment before all": ("due", "0001-01-01T00:00"),
    "no date at all": ("due", "hôm qua"),
    "no words": ("text", "   "),
}


@pytest.mark.parametrize(("field", "value"), TYPED.values(), ids=TYPED)
def test_what_cannot_be_kept_of_a_clause_is_said_and_changes_nothing(ha, draft, field, value):
    before, form = clause(), fields_of(ha.get(draft).content.decode())
    answer = ha.post(draft, form | {f"c{before.pk}-{field}": [value], "act": ["keep"]})
    assert answer.status_code == 422, answer.content.decode()[:500]
    after = clause()
    for name in ("text", "binds", "rule", "due_at"):
        assert getattr(after, name) == getattr(before, name)
    assert ha.get(draft).status_code == 200


HEADER = {
    "a NUL in the subject": ("subject", "Về việc\x00"),
    "a NUL among the addressees": ("addressees", "Sở\x00 Y tế"),
    "a kind that is too long": ("kind", "x" * 31),
    "the last day of all": ("period_to", "9999-12-31"),
    "a day before all": ("issued_on", "0001-01-01"),
}


@pytest.mark.parametrize(("field", "value"), HEADER.values(), ids=HEADER)
def test_what_cannot_be_kept_of_the_header_is_said_and_changes_nothing(ha, draft, field, value):
    before, form = main(), fields_of(ha.get(draft).content.decode())
    answer = ha.post(draft, form | {f"d{before.pk}-{field}": [value], "act": ["keep"]})
    assert answer.status_code == 422, answer.content.decode()[:500]
    assert getattr(main(), field) == getattr(before, field)


def test_one_bad_date_brings_the_page_back_with_all_that_was_typed_and_marks_the_date(ha, draft):
    before, form = main(), fields_of(ha.get(draft).content.decode())
    prefix = f"d{before.pk}-"
    typed = {f"{prefix}number": ["4127"], f"{prefix}period_from": ["5/12/2026"], f"{prefix}period_to": ["31/02/2027"]}
    answer = ha.post(draft, form | typed | {"act": ["enter"]})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert fields_of(page) | typed == fields_of(page)
    [marked] = re.findall(r"<input[^>]*aria-invalid=[^>]*>", page)
    assert f'name="{prefix}period_to"' in marked
    assert "“31/02/2027” không phải là ngày" in page
    assert main().number == before.number


def enter_it(ha: Client, people: cast.Cast, draft: str) -> Obligation:
    """The health department's obligation of the entered document."""
    enter(ha, draft, lead=str(people.organisations["so-tttt"].pk))
    with scoped(system("tests")):
        return Obligation.objects.filter(directive__number="2718", organisation__code="so-y-te").first()


def forwarded(made: Obligation, people: cast.Cast) -> None:
    obligations.forward(made.pk, [people.organisations["bv-da-khoa"]], at=cast.NOON)


def claimed(made: Obligation, _people: cast.Cast) -> None:
    cases.claim(made.case_id, Answer("đã làm", "Tâm"), at=cast.NOON)


def withdrawn(made: Obligation, people: cast.Cast) -> None:
    claimed(made, people)
    cases.withdraw(made.case_id, "viết nhầm", at=cast.NOON)


def recalled(made: Obligation, _people: cast.Cast) -> None:
    flow.recall(made.directive_id, "công văn 12/UBND", at=cast.NOON)


STATES = [forwarded, claimed, withdrawn, recalled]


@pytest.mark.parametrize("state", STATES, ids=[one.__name__ for one in STATES])
def test_a_clause_that_binds_already_is_not_changed_under_those_it_binds(ha, people, draft, state):
    form = fields_of(ha.get(draft).content.decode())
    made = enter_it(ha, people, draft)
    with scoped(people.scope("ha")):
        state(made, people)
    # A second tab still shows the form of the draft.
    words = form | {f"c{made.clause_id}-text": ["Không phải làm gì nữa"], "act": ["keep"]}
    answer = ha.post(draft, words)
    assert answer.status_code in {302, 409, 422}
    with scoped(people.scope("ha")):
        assert Clause.objects.get(pk=made.clause_id).text != "Không phải làm gì nữa"
        with pytest.raises(WrongState, match="binds already"):
            clauses.correct_clause(made.clause_id, text="Thôi", binds=[], rule="", due_at=None, at=cast.NOON)


def test_a_clause_of_another_office_cannot_be_corrected_and_the_refusal_is_a_sentence(ha, people, draft):
    made = enter_it(ha, people, draft)
    for name in ("tam", "vinh"):
        with scoped(people.scope(name)), pytest.raises(OutOfScope, match="not among those you may change"):
            clauses.correct_clause(made.clause_id, text="Thôi", binds=[], rule="", due_at=None, at=cast.NOON)


@pytest.mark.parametrize("state", STATES, ids=[one.__name__ for one in STATES])
def test_the_header_of_a_directive_is_corrected_in_every_state(ha, people, draft, state):
    made = enter_it(ha, people, draft)
    with scoped(people.scope("ha")):
        state(made, people)
    address = reverse("directive-correct", args=[made.directive_id])
    answer = ha.post(address, {f"d{made.directive_id}-number": "2719"})
    assert answer.status_code == 302, answer.content.decode()[:500]
    with scoped(people.scope("ha")):
        assert Directive.objects.get(pk=made.directive_id).number == "2719"
        assert Directive.objects.get(pk=made.directive_id).state in DirectiveState.values


@pytest.mark.parametrize("name", ["tam", "lan", "vinh", "nam", "quan"])
def test_nobody_gets_an_error_from_the_pages_of_corrections(ha, people, draft, name):
    made = enter_it(ha, people, draft)
    other = people.client(name, raise_request_exception=False)
    for address in (draft, reverse("directive-correct", args=[made.directive_id])):
        for answer in (other.get(address), other.post(address, {f"d{made.directive_id}-number": "9"})):
            assert answer.status_code < 500, (address, answer.content.decode()[:300])
