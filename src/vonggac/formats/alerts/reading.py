"""Any file of alerts, read as what it is: the list of formats, and a reading that says how it ended."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

from vonggac.errors import LimitExceeded
from vonggac.formats.alerts import (
    antimalware_table,
    cef,
    defender,
    detection,
    edxml,
    eve,
    iodef,
    leef,
    mapped_json,
    misp,
    notice,
    shadowserver,
    stix,
    syslog_lines,
    wazuh,
    xarf,
    zeek_notice,
)
from vonggac.formats.alerts.detection import Format, Options
from vonggac.formats.alerts.outcome import Batch
from vonggac.formats.alerts.source import LIMITS, Source
from vonggac.formats.limits import Limits
from vonggac.formats.records import Reject

FORMATS: tuple[Format, ...] = (
    eve.FORMAT,
    wazuh.FORMAT,
    cef.FORMAT,
    leef.FORMAT,
    zeek_notice.FORMAT,
    defender.FORMAT,
    antimalware_table.FORMAT,
    edxml.FORMAT,
    stix.FORMAT,
    misp.FORMAT,
    shadowserver.FORMAT,
    xarf.FORMAT,
    iodef.XML,
    iodef.JSON,
    notice.FORMAT,
    syslog_lines.FORMAT,
    mapped_json.FORMAT,
)


@dataclass
class Reading:
    """One opened file whose format is known; `batches` reads it once. `refusal` says what limit ended it early."""

    format: Format
    source: Source
    options: Options
    refusal: LimitExceeded | None = None

    def batches(self) -> Iterator[Batch]:
        """The records in their order; a file that ends before its end has a last reject that says why."""
        yield from self.format.read(self.source, self.options)
        problem = self.source.problem
        if problem is not None:
            self.refusal = problem if isinstance(problem, LimitExceeded) else None
            yield Batch(rejects=[Reject(self.source.lines_read, None, f"the file ends early: {problem}", "")])


def open_file(
    stream: BinaryIO, name: str, format_name: str | None = None, options: Options | None = None, limits: Limits = LIMITS
) -> Reading:
    """The file ready to be read, packed or not; its format is told by its begin where it is not named.

    `stream` can seek. Raises UnreadableFile when no format, or more than one, fits; LimitExceeded; InputError for a
    name that is no format's; MappingNeeded where a format cannot do without.
    """
    chosen = detection.named(FORMATS, format_name) if format_name else None
    source = Source(stream, name, limits)
    used = options or Options()
    if used.mapping is not None and not used.mapping.time_zone:
        used = replace(used, mapping=replace(used.mapping, time_zone=str(used.zone)))
    if chosen is None and used.mapping is not None:
        # Who writes a mapping knows that the file is a table or JSON of no known format.
        sample = detection.Sample(source)
        chosen = mapped_json.FORMAT if sample.is_json else antimalware_table.FORMAT
    return Reading(chosen or detection.detect(FORMATS, source), source, used)
