"""What stands in the queue: for whoever waits to see that they wait, and behind how many."""

from dataclasses import dataclass

from django.db import connection

# A worker gives a sign every two seconds.
_SILENCE_SECONDS = 15
_PLACE = """
    SELECT (SELECT count(*) FROM procrastinate_jobs AS other
            WHERE other.queue_name = mine.queue_name AND other.id < mine.id AND other.status IN ('todo', 'doing')),
        EXISTS (SELECT FROM procrastinate_workers WHERE last_heartbeat > now() - make_interval(secs => %s))
    FROM procrastinate_jobs AS mine WHERE mine.id = %s AND mine.status = 'todo'
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a job waits: behind how many of its queue, and whether a worker is there at all."""

    ahead: int
    has_worker: bool


def place(number: int) -> Place | None:
    """The place of a job, by its number; None for one that waits no more."""
    with connection.cursor() as cursor:
        cursor.execute(_PLACE, [_SILENCE_SECONDS, number])
        row = cursor.fetchone()
    return Place(*row) if row else None
