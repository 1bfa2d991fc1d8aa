"""Who asks the lake sees what lies in their part of the tree, and what they asked stands in the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from vonggac.flows.uploads import lake
from vonggac.lake import Lake, Scope
from vonggac.lake.query import Tables
from vonggac.ledger import services as ledger
from vonggac.register.models import Organisation, Sensor
from vonggac.tenancy.scope import current

_SECOND_US = 1_000_000


@dataclass(frozen=True, slots=True)
class Ground:
    """What a question may be asked of: the lake, the range of organisations, their names, and sensors' clocks.

    `offsets_us`: sensor → what its clock is ahead of the true time.
    """

    lake: Lake
    scope: Scope
    organisations: dict[str, tuple[str, str]]
    offsets_us: dict[str, int]

    @property
    def tables(self) -> Tables:
        """The table that turns paths into codes and names: `organisations`."""
        return {
            "organisations": {
                "path": list(self.organisations),
                "code": [code for code, _ in self.organisations.values()],
                "name": [name for _, name in self.organisations.values()],
            }
        }


def ground() -> Ground:
    """What the acting person may ask of; inside their scope."""
    low, high = current().bounds
    seen = Organisation.objects.filter(path__gte=low, path__lt=high).values_list("path", "code", "name")
    clocks = Sensor.objects.values_list("name", "clock_offset_seconds")
    return Ground(
        lake(),
        Scope(low, high),
        {path: (code, name) for path, code, name in seen},
        {name: round(seconds * _SECOND_US) for name, seconds in clocks},
    )


def note_question(sql: str, *, at: datetime) -> Ground:
    """The ground of a question in SQL, which is written down before it is answered: the lake holds personal data."""
    ledger.record("lake.query", "lake", 0, current().org_path, at=at, sql=sql)
    return ground()


def note_sweep(lists: Sequence[str], indicators: int, *, at: datetime) -> Ground:
    """The ground of a sweep, written down as a question is."""
    ledger.record("lake.sweep", "lake", 0, current().org_path, at=at, lists=list(lists), indicators=indicators)
    return ground()


def with_codes(found: Any, asked: Ground) -> Any:
    """What a sweep found, with the code of the organisation in place of its path."""
    paths = found["organisation"].to_pylist()
    codes = pa.array([asked.organisations.get(path, (path, ""))[0] for path in paths], pa.string())
    return found.set_column(found.schema.get_field_index("organisation"), "organisation", codes)


def micros(moment: datetime) -> int:
    """Microseconds since 1970 of a moment in UTC, which a time without a zone is taken to be."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
