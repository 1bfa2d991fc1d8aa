"""Whose is an address: the networks of a day, compiled for longest-prefix look-up."""

from collections import OrderedDict
from datetime import date

from django.db import connection

from vonggac.kernel import networks
from vonggac.register.queries import networks_at
from vonggac.tenancy.scope import current

Key = tuple[str, str, date, tuple[int, str]]
# A few scopes and days are asked again and again by one process; 100,000 blocks take about 20 MB compiled.
KEPT_TABLES = 8
_tables: OrderedDict[Key, networks.Register] = OrderedDict()

# These columns tell every revision; hashing 100,000 rows takes a small part of reading and compiling them.
REVISION = """
SELECT count(*), coalesce(sum(hash_record_extended((id, cidr, organisation_id, valid_from, valid_to), 0)), 0)::text
FROM register_network
"""


def owner_table(on: date) -> networks.Register:
    """The blocks valid on a day within the scope; its `organisations` are primary keys as text.

    Compiled once per scope, day and revision of the register, then kept by the process.
    """
    key = (*current().bounds, on, revision())
    table = _tables.get(key)
    if table is None:
        rows = networks_at(on)
        table = networks.compile([cidr for cidr, _, _ in rows], [str(organisation) for _, organisation, _ in rows])
        _tables[key] = table
        while len(_tables) > KEPT_TABLES:
            _tables.popitem(last=False)
    else:
        _tables.move_to_end(key)
    return table


def revision() -> tuple[int, str]:
    """A stamp of the networks that the scope sees: another one after every change."""
    with connection.cursor() as cursor:
        cursor.execute(REVISION)
        count, digest = cursor.fetchone()
    return count, digest
