"""`GET /healthz`: whether the desk is sound, for monitors and load balancers."""

import shutil
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from vonggac.desk.retelling import retold
from vonggac.duty.escalation import queries as escalations
from vonggac.jobs.clock import now
from vonggac.server import migration

LEAST_FREE_BYTES = 512 * 1024**2
SILENT_WORKER_SECONDS = 60


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:  # noqa: ARG001  the shape of every view
    """200 with `{"sound": true}`, or 503 with the reasons in plain words; open to all, so it names nothing secret."""
    reasons = [*database_reasons(), *disk_reasons(settings.VONGGAC_HOME.path)]
    with translation.override("vi"):
        said = {"sound": not reasons, "reasons": reasons, "reasons_vi": [retold(one) for one in reasons]}
    return JsonResponse(said, status=503 if reasons else 200)


def database_reasons() -> list[str]:
    """What is wrong with database, migrations, worker and the engine that calls people."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(migration.COMMENT)
            comment = cursor.fetchone()[0]
            silence_seconds = worker_silence_seconds()
        # Its tables may be among what waits to be made.
        calling = (
            pager_reasons()
            if comment == migration.digest()
            else ["migrations wait to be applied: run `vonggac migrate`"]
        )
    except DatabaseError:
        return ["the database does not answer"]
    is_silent = silence_seconds is None or silence_seconds > SILENT_WORKER_SECONDS
    return [*calling, *(["no worker gave a sign in the last minute"] if is_silent else [])]


def pager_reasons() -> list[str]:
    """What is wrong with the engine that calls people: it gives no sign, or what is due waits."""
    engine = escalations.engine(now())
    if engine.is_silent:
        return ["nothing that calls people gave a sign in the last minute"]
    behind_seconds, put_off = round(engine.behind_seconds), engine.put_off
    waits = f"a call to somebody on duty has been waiting for {behind_seconds} s"
    fails = f"calls cannot be carried out and are tried again: {put_off}; the page of each says why"
    return [*([waits] if engine.is_behind else []), *([fails] if put_off else [])]


def worker_silence_seconds() -> float | None:
    """How long ago a worker last gave a sign; None when none ever did."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM now() - max(last_heartbeat)) FROM procrastinate_workers")
        value = cursor.fetchone()[0]
    return None if value is None else float(value)


def disk_reasons(folder: Path) -> list[str]:
    """What is wrong with the room on the disk of a folder."""
    free = shutil.disk_usage(folder).free
    return [] if free >= LEAST_FREE_BYTES else [f"only {free // 1024**2} MiB are free on the desk's disk"]
