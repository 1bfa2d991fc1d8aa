"""People files: one line a role, so that a person with several roles has several lines."""

from collections.abc import Mapping, Sequence

from django.db.models import QuerySet

from vonggac.register.imports import values, words
from vonggac.register.imports.columns import Column, Row
from vonggac.register.imports.kind import Kind, compare_by_key, owned
from vonggac.register.imports.parts import Attribute, Part, dated, plain
from vonggac.register.imports.plan import Change, Comparison
from vonggac.register.imports.values import Value
from vonggac.register.models import Person, Role
from vonggac.register.references import References
from vonggac.tenancy.scope import current

COLUMNS = (
    Column("email", values.email, words.EMAIL, is_needed=True),
    Column("name", values.text(200), ("họ tên", "họ và tên", *words.NAME), is_needed=True),
    Column("phone", values.phone, words.PHONE),
    Column("language", words.language, ("ngôn ngữ",), empty="vi"),
    Column("active", words.yes_no, ("đang làm việc", "hoạt động"), empty="yes"),
    Column("organisation", values.code, words.ORGANISATION, is_needed=True),
    Column("role", words.role, ("vai trò", "chức danh"), is_needed=True),
    Column("valid_from", values.day, words.FROM, empty=None),
    Column("valid_to", values.day, words.TO, empty=None),
)


def people_in_scope() -> "QuerySet[Person]":
    """People with a role in the scope; everybody for the scope of the whole tree."""
    if not current().org_path:
        return Person.objects.all()
    return Person.objects.filter(pk__in=_roles_in_scope().values("person_id"))


def _roles_in_scope() -> "QuerySet[Role]":
    # The policy also shows the acting person's own roles elsewhere, which are not this office's to change.
    low, high = current().bounds
    return Role.objects.filter(org_path__gte=low, org_path__lt=high)


def _place_role(named: Mapping[str, Value], references: References) -> Mapping[str, object]:
    return {**owned()(named, references), "person_id": references.people.get(str(named["email"]))}


def _create_people(changes: Sequence[Change], references: References) -> list[tuple[int, str]]:
    """New people sign in by a one-time link first."""
    people = [Person(**PERSON.attributes(change.key, change.after, references)) for change in changes]
    for person in people:
        person.set_unusable_password()
    Person.objects.bulk_create(people)
    return [(person.pk, references.scope.org_path) for person in people]


PERSON = Part(
    noun="person",
    rows=people_in_scope,
    model=Person,
    key=(plain("email"),),
    fields=(
        plain("name"),
        plain("phone"),
        plain("language"),
        Attribute(
            "active", "is_active", "is_active",
            to_model=lambda word: word == "yes", from_model=lambda active: "yes" if active else "no",
        ),
    ),
    create=_create_people,
)  # fmt: skip
ROLE = Part(
    noun="role",
    rows=_roles_in_scope,
    model=Role,
    key=(
        Attribute("email", "person__email"),
        Attribute("organisation", "organisation__code"),
        Attribute("role", "name", "name"),
    ),
    fields=(dated("valid_from"), dated("valid_to")),
    place=_place_role,
    subject="person_id",
    subject_kind="person",
)


def _compare(rows: Sequence[Row], references: References) -> Comparison:
    """As by key; a person of another office gets the role here and keeps the particulars entered there."""
    plain_result = compare_by_key(KIND, rows, references)
    changes: list[Change] = []
    foreign = 0
    for change in plain_result.changes:
        if change.noun == PERSON.noun and change.is_new and change.key[0] in references.people:
            foreign += 1
        else:
            changes.append(change)
    return Comparison(tuple(changes), plain_result.unchanged + foreign, plain_result.missing, plain_result.rejects)


KIND = Kind("people", COLUMNS, (PERSON, ROLE), compare=_compare)
