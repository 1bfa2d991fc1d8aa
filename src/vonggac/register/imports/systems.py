"""Files of information systems with their approved security level."""

from vonggac.register.imports import values, words
from vonggac.register.imports.columns import Column
from vonggac.register.imports.kind import Kind, owned
from vonggac.register.imports.parts import Attribute, Part, plain
from vonggac.register.models import InformationSystem

COLUMNS = (
    Column("code", values.code, ("mã hệ thống", *words.CODE), is_needed=True),
    Column("name", values.text(300), ("tên hệ thống", *words.NAME), is_needed=True),
    Column("organisation", values.code, words.ORGANISATION, is_needed=True),
    Column("level", values.whole(1, 5), ("cấp độ", "cấp độ an toàn"), is_needed=True),
)

PART = Part(
    noun="system",
    rows=InformationSystem.objects.all,
    model=InformationSystem,
    key=(plain("code"),),
    fields=(plain("name"), Attribute("organisation", "organisation__code"), plain("level")),
    place=owned(),
)

KIND = Kind("systems", COLUMNS, (PART,))
