"""Deferring work by name, in the transaction that made it necessary.

Services call `defer("name", …)`; flows declare `@job("name")`; neither knows the other. Every job must be idempotent:
one whose worker was killed runs again.
"""

from vonggac.jobs.deferring import defer
from vonggac.jobs.registry import Job, job
from vonggac.jobs.running import run_waiting

__all__ = ["Job", "defer", "job", "run_waiting"]
