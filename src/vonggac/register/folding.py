"""The accent-free form in which names are compared and searched, the same in Python and in PostgreSQL.

“Đơn vị”, “don vi” and “ĐƠN VỊ” become `don vi`. The generated columns `folded` are computed by `register_fold`, so
they cannot disagree with the names; a test holds the two definitions against each other. (`kernel.text.fold` keeps
the length of the text, which a reader of documents needs; here equality with PostgreSQL is what counts.)
"""

import re
import unicodedata

from django.db import models
from django.db.models import F, Func, Value

MARKS = re.compile("[\u0300-\u036f]")
STROKED = str.maketrans("đĐ", "dd")

# A function of our own, because PostgreSQL calls only immutable functions in a generated column, and `unaccent` is an
# extension that the embedded server does not have.
SQL = r"""
CREATE FUNCTION register_fold(name text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog AS $$
    SELECT btrim(regexp_replace(lower(translate(
        regexp_replace(normalize(name, NFD), '[\u0300-\u036f]', '', 'g'), 'đĐ', 'dd')), '\s+', ' ', 'g'))
$$
"""


def fold(name: str) -> str:
    """The name without accents, in lower case, with single blanks."""
    plain = MARKS.sub("", unicodedata.normalize("NFD", name)).translate(STROKED)
    return " ".join(plain.lower().split())


def first_label(column: str) -> Func:
    """The name in a folded column without the domain behind it: `may-01` of `may-01.so.example`."""
    return Func(F(column), Value("."), Value(1), function="split_part", output_field=models.TextField())


def folded(column: str) -> models.GeneratedField:
    """A generated column with the accent-free form of another, in collation C so that a prefix is a range."""
    return models.GeneratedField(
        expression=Func(column, function="register_fold"),
        output_field=models.TextField(db_collation="C"),
        db_persist=True,
    )
