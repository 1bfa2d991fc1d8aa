"""Running what waits in the queue, in this process and connection: for the exercise's judge and for tests."""

import json
from typing import Any

from django.db import connection

from vonggac.errors import ConfigurationError
from vonggac.jobs.registry import known


def run_waiting(*, most: int | None = None) -> int:
    """The number of jobs that were run until none was due (or `most` were); an error of a job is raised to the caller.

    The jobs run one by one on the caller's own connection, so inside a transaction they see what it wrote.
    """
    worker = _value("SELECT worker_id FROM procrastinate_register_worker_v1()")
    done = 0
    try:
        while (most is None or done < most) and _run_next(worker):
            done += 1
    finally:
        if not connection.needs_rollback:
            _value("SELECT procrastinate_unregister_worker_v1(%s)", worker)
    return done


def _run_next(worker: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, task_name, args FROM procrastinate_fetch_job_v2(NULL, %s)", [worker])
        number, name, arguments = cursor.fetchone()
    if number is None:
        return False
    if name not in known:
        raise ConfigurationError(f"a job called {name} waits, and no imported module declares it")
    known[name].run(_decoded(arguments))
    _value("SELECT procrastinate_finish_job_v1(%s, 'succeeded', false)", number)
    return True


def _decoded(arguments: Any) -> dict[str, Any]:
    # Django registers a loader that leaves jsonb as text for its own fields to decode.
    return dict(json.loads(arguments)) if isinstance(arguments, str) else dict(arguments)


def _value(statement: str, *parameters: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        row = cursor.fetchone()
    return row[0] if row else None
