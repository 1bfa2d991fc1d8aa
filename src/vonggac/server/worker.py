"""The worker: runs the jobs that the flows declare, under the application's role."""

import asyncio
import importlib
import logging
import os
import pkgutil
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from procrastinate import App, RetryStrategy
from procrastinate.contrib.django.procrastinate_app import current_app
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Status

from vonggac.duty import messages
from vonggac.flows import roster_solving
from vonggac.jobs import registry
from vonggac.server.pager import Pager

log = logging.getLogger("vonggac.worker")

# A worker that gave no sign for 15 s is dead and its jobs are put back; looked at every 5 s, so a killed worker's
# jobs run again within 20 s (and a restarted worker is back after 2 s).
HEARTBEAT_SECONDS = 2.0
SILENCE_SECONDS = 15.0
SWEEP_SECONDS = 5.0
# Past this a stopping worker leaves the rest to the sweep of the next one.
GRACE_SECONDS = 20.0
PAGER_GRACE_SECONDS = 4.0
KEEP_FINISHED_HOURS = 7 * 24
DEFAULT_CONCURRENCY = 4
OWN_QUEUE = "builtin"
# The queue itself tends its tables in threads of the same pool.
SPARE_THREADS = 2


def import_flows() -> frozenset[str]:
    """The names of all jobs, after importing every module of `vonggac.flows`."""
    package = importlib.import_module("vonggac.flows")
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)
    return registry.names()


def install(app: App) -> None:
    """Make the registry's jobs, and those that tend the queue itself, known to a procrastinate app."""
    for job in registry.known.values():
        _install_job(app, job)
    app.periodic(cron="17 * * * *", periodic_id="vonggac")(
        app.task(name="queue.remove_finished", queue=OWN_QUEUE, pass_context=True)(_remove_finished)
    )


def run(concurrency: int | None = None) -> None:
    """Work until SIGTERM or SIGINT; needs Django set up."""
    import_flows()
    app = current_app
    install(app)
    lines = concurrency or int(os.environ.get("VONGGAC_WORKER_CONCURRENCY", DEFAULT_CONCURRENCY))
    # Calls do not wait behind imports: the pager takes no job from the queue, and no job takes its thread.
    pager = Pager()
    pager.start()
    asyncio.run(_work(app, lines))
    pager.stop(PAGER_GRACE_SECONDS)
    # Threads of jobs that outlived the grace must not hold the process: their jobs are put back by the sweep.
    if any(thread is not threading.main_thread() and not thread.daemon for thread in threading.enumerate()):
        os._exit(0)


async def _work(app: App, concurrency: int) -> None:
    lanes = _lanes(concurrency)
    # Jobs are threads of the loop's pool: with fewer than jobs, one lane's would wait for another's after all.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(sum(lanes.values()) + SPARE_THREADS))
    with app.replace_connector(app.connector.get_worker_connector()) as working:  # type: ignore[attr-defined]
        async with working.open_async():
            running = [asyncio.create_task(_sweep(working))]
            running += [asyncio.create_task(_lane(working, queues, jobs)) for queues, jobs in lanes.items()]
            stopped = asyncio.create_task(_signalled())
            await asyncio.wait({stopped, *running}, return_when=asyncio.FIRST_COMPLETED)
            await _end(running, stopped)


def _lanes(concurrency: int) -> dict[tuple[str, ...], int]:
    """How many jobs run at once from which queues.

    One at a time from the queue of messages: killed, a worker has at most one letter in flight. Rosters are planned on
    as many cores as there are, and nothing else waits behind them.
    """
    others = {job.queue for job in registry.known.values()} | {registry.DEFAULT_QUEUE, OWN_QUEUE}
    own = {(messages.QUEUE,): 1, (roster_solving.QUEUE,): os.cpu_count() or 1}
    return own | {tuple(sorted(others - {queue for queues in own for queue in queues})): concurrency}


async def _lane(app: App, queues: tuple[str, ...], concurrency: int) -> None:
    await app.run_worker_async(
        queues=list(queues),
        concurrency=concurrency,
        name="worker",
        install_signal_handlers=False,
        update_heartbeat_interval=HEARTBEAT_SECONDS,
        stalled_worker_timeout=SILENCE_SECONDS,
        shutdown_graceful_timeout=GRACE_SECONDS,
        fetch_job_polling_interval=2.0,
        delete_jobs="never",
    )


async def _signalled() -> None:
    """Return once somebody asks the worker to stop."""
    asked = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    await asked.wait()


async def _end(running: "Sequence[asyncio.Task[None]]", stopped: "asyncio.Task[None]") -> None:
    """End every part; the error of one that ended by itself is raised."""
    failed = [task for task in running if task.done()]
    for task in (*running, stopped):
        task.cancel()
    await asyncio.gather(*running, stopped, return_exceptions=True)
    for task in failed:
        task.result()


async def _sweep(app: App) -> None:
    """Put the jobs of workers that died back into the queue, for ever."""
    while True:
        await put_back(app)
        await asyncio.sleep(SWEEP_SECONDS)


async def put_back(app: App) -> int:
    """How many jobs of workers that died were put back into the queue.

    Not put back: one whose twin waits already (`once`), because the queue takes each word but once; and one that its
    worker died of again and again, because it would take every worker with it.
    """
    back = 0
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=SILENCE_SECONDS):
        if job.attempts >= registry.MOST_ATTEMPTS:
            log.error("job %s (%s) was given up: its worker died %s times", job.id, job.task_name, job.attempts)
            await app.job_manager.finish_job(job, Status.FAILED, delete_job=False)
            continue
        try:
            await app.job_manager.retry_job(job)
            back += 1
        except UniqueViolation:
            await app.job_manager.finish_job(job, Status.ABORTED, delete_job=False)
    return back


async def _remove_finished(context: Any, timestamp: int) -> None:  # noqa: ARG001  the due time is handed to every periodic task
    await context.app.job_manager.delete_old_jobs(nb_hours=KEEP_FINISHED_HOURS)


def _install_job(app: App, job: registry.Job) -> None:
    retry = RetryStrategy(max_attempts=job.attempts, exponential_wait=2)
    task = app.task(name=job.name, queue=job.queue, retry=retry)(_caller(job))
    if job.periodic:
        app.periodic(cron=job.periodic, periodic_id="vonggac")(task)


def _caller(job: registry.Job) -> Callable[..., None]:
    def call(**arguments: Any) -> None:
        job.run(arguments)

    return call
