"""Alerts of every product and exchange format as one typed record.

with path.open("rb") as stream:
    reading = open_file(stream, path.name)
    for batch in reading.batches(): batch.alerts, batch.rejects, batch.warnings, batch.observations
"""

from vonggac.formats.alerts.alert import Alert, Disposition, IncidentClass, Notice, Observable, Severity, Status
from vonggac.formats.alerts.detection import Options
from vonggac.formats.alerts.outcome import Batch
from vonggac.formats.alerts.reading import FORMATS, Reading, open_file

__all__ = [
    "FORMATS",
    "Alert",
    "Batch",
    "Disposition",
    "IncidentClass",
    "Notice",
    "Observable",
    "Options",
    "Reading",
    "Severity",
    "Status",
    "open_file",
]
