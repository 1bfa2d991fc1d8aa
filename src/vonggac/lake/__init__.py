"""Events at rest: spool of raw bytes, Parquet segments, the manifest that readers trust, scans with DuckDB."""

from vonggac.lake.acts import Import, Segment
from vonggac.lake.store import EVERYTHING, Lake, Scope

__all__ = ["EVERYTHING", "Import", "Lake", "Scope", "Segment"]
