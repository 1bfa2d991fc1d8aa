"""Contact files: points of contact as printed in a document, with the day somebody last checked that they answer."""

from collections.abc import Mapping

from vonggac.register.imports import values, words
from vonggac.register.imports.columns import Column
from vonggac.register.imports.kind import Kind, owned
from vonggac.register.imports.parts import Attribute, CellError, Part, dated, plain
from vonggac.register.imports.values import Value
from vonggac.register.models import Contact
from vonggac.register.references import References

COLUMNS = (
    Column("name", values.text(300), ("đầu mối", "tên đầu mối", *words.NAME), is_needed=True),
    Column("organisation", values.code, words.ORGANISATION),
    Column(
        "phones",
        values.several(values.phone, ";,/\n"),
        ("phone", "các số điện thoại", *words.PHONE),
        empty=[],
        between="; ",
    ),
    Column("emails", values.several(values.email, " ;,\n"), ("email", *words.EMAIL), empty=[]),
    Column("printed_in", values.text(300), ("in trong", "theo văn bản", "nguồn")),
    Column("printed_on", values.day, ("ngày in", "ngày văn bản"), empty=None),
    Column("checked_on", values.day, ("ngày kiểm tra", "kiểm tra ngày"), empty=None),
)


def _place(named: Mapping[str, Value], references: References) -> Mapping[str, object]:
    if named["organisation"]:
        return owned()(named, references)
    if references.scope.org_path:
        raise CellError("organisation", "is empty: only the national office enters contacts of no organisation")
    return {"organisation_id": None, "org_path": ""}


PART = Part(
    noun="contact",
    rows=Contact.objects.all,
    model=Contact,
    key=(
        Attribute("organisation", "organisation__code", from_model=lambda code: code or ""),
        plain("name"),
        plain("printed_in"),
    ),
    fields=(plain("phones"), plain("emails"), dated("printed_on"), dated("checked_on")),
    place=_place,
)

KIND = Kind("contacts", COLUMNS, (PART,))
