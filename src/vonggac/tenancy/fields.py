"""Model fields of the tenancy: the organisation path, and network types that Django does not know."""

from typing import TYPE_CHECKING, Any

from django.db import models

# Django's fields take type parameters in the stubs only.
if TYPE_CHECKING:
    TextBase = models.CharField[str, str]
    PlainBase = models.Field[str, str]
else:
    TextBase = models.CharField
    PlainBase = models.Field


class PathField(TextBase):
    """The organisation path of a row of work: text in collation C, so that ranges use the index."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_length": 200, "db_collation": "C", **options})


class CidrField(PlainBase):
    """A network block as PostgreSQL `cidr`, a string such as `203.0.113.0/24` in Python."""

    def db_type(self, connection: Any) -> str:
        """PostgreSQL's own type, which validates and normalises."""
        return "cidr"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> str | None:
        """The block as text; psycopg hands over an ipaddress object."""
        return None if value is None else str(value)
