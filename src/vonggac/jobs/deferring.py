"""Putting a job into the queue."""

from datetime import datetime
from typing import Any

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from vonggac.jobs.registry import DEFAULT_QUEUE


def defer(
    name: str,
    *,
    queue: str = DEFAULT_QUEUE,
    lock: str | None = None,
    once: str | None = None,
    not_before: datetime | None = None,
    priority: int = 0,
    **arguments: Any,
) -> int | None:
    """The number of the job that was put into the queue, in the current transaction: rolled back, it never was.

    `lock`: jobs of one lock run one after the other. `once`: while a waiting job carries the same word, this one is
    not put in and the answer is None; transactions that put in one word wait for one another, so it is not for what
    every writer does. `arguments` must be what JSON can carry.
    """
    deferrer = app.configure_task(
        name,
        allow_unknown=True,
        queue=queue,
        lock=lock,
        queueing_lock=once,
        schedule_at=not_before,
        priority=priority,
    )
    if once is None:
        return int(deferrer.defer(**arguments))
    try:
        # A savepoint: the refused row must not spoil the caller's transaction.
        with transaction.atomic():
            return int(deferrer.defer(**arguments))
    except AlreadyEnqueued:
        return None
