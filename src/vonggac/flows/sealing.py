"""The ledger's committed entries are chained within a second, and its checkpoints leave the database."""

import os

from django.conf import settings

from vonggac.jobs import job
from vonggac.jobs.clock import now
from vonggac.ledger import services as ledger


@job("ledger.seal", queue="ledger", periodic="* * * * * *", attempts=1)
def seal_ledger() -> None:
    """Chain what was committed since the last second."""
    while ledger.seal():
        pass


@job("ledger.checkpoint", queue="ledger", periodic="0 * * * *")
def keep_checkpoint() -> None:
    """Append the newest checkpoint to a file beside the database, once an hour."""
    point = ledger.checkpoint()
    if point is None:
        return
    file = settings.VONGGAC_HOME.path / "checkpoints.txt"
    with file.open("a", encoding="ascii") as lines:
        lines.write(f"{now().isoformat(timespec='seconds')} {point}\n")
        lines.flush()
        os.fsync(lines.fileno())
