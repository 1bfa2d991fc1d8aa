"""Whether the desk itself is alive: worker, queue, disk, sources, messages."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext as _

from vonggac.alerts import queries as alerts
from vonggac.duty.escalation import queries as escalations
from vonggac.duty.models import Message
from vonggac.duty.queries import messages as queries
from vonggac.register import queries as register

SILENT_WORKER_SECONDS = 60
LONG_QUEUE_JOBS = 1_000
LEAST_FREE_SHARE = 0.1
MOST_COUNTED = 1_000
SOURCE_QUIET = timedelta(days=1)
_JOBS = """
    SELECT (SELECT extract(epoch FROM now() - max(last_heartbeat)) FROM procrastinate_workers),
           (SELECT count(*) FROM (
               SELECT 1 FROM procrastinate_jobs WHERE status IN ('todo', 'doing')
               AND (scheduled_at IS NULL OR scheduled_at <= now()) LIMIT 10000) AS waiting)
"""


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that must be alive; `address` is where what is wrong with it stands."""

    name: str
    value: str
    is_sound: bool
    address: str = ""


def parts(now: datetime) -> list[Part]:
    """The worker, the queue, the calls, the disk, the sources and the messages, each with its value."""
    return [*_worker_and_queue(), _calls(now), _disk(), _sources(now), *_alert_sources(), _messages(now)]


def _worker_and_queue() -> Iterator[Part]:
    with connection.cursor() as cursor:
        cursor.execute(_JOBS)
        silence, waiting = cursor.fetchone()
    is_alive = silence is not None and silence <= SILENT_WORKER_SECONDS
    said = _("%(n)d s ago") % {"n": int(silence)} if silence is not None else _("never heard")
    yield Part(_("Worker"), _("alive") if is_alive else said, is_alive)
    yield Part(_("Jobs waiting"), str(waiting), waiting < LONG_QUEUE_JOBS)


def _calls(now: datetime) -> Part:
    """The engine that calls people, as `/healthz` judges it."""
    engine = escalations.engine(now)
    said = _("alive")
    if engine.is_silent:
        said = _("no sign for over a minute")
    elif engine.is_behind:
        said = _("one has waited for %(n)d s") % {"n": round(engine.behind_seconds)}
    elif engine.put_off:
        said = _("tried again: %(n)d") % {"n": engine.put_off}
    return Part(_("Calls to people"), said, engine.is_sound, reverse("escalations"))


def _disk() -> Part:
    usage = shutil.disk_usage(settings.VONGGAC_HOME.path)
    free = usage.free / usage.total
    return Part(_("Disk free"), f"{free:.0%}", free >= LEAST_FREE_SHARE)


def _sources(now: datetime) -> Part:
    """Sources heard within a day, of all declared ones."""
    heard = register.heard_sensors(now).order_by()
    moments = list(heard.values_list("heard_to", flat=True))  # type: ignore[misc]  # an annotation of that query
    alive = sum(1 for moment in moments if moment is not None and moment >= now - SOURCE_QUIET)
    return Part(_("Sources heard today"), f"{alive}/{len(moments)}", alive == len(moments), reverse("logs"))


def _alert_sources() -> Iterator[Part]:
    """Sources of alerts that are not silent, of all declared ones; nothing while none is declared."""
    silent = list(alerts.sources().order_by("pk").values_list("silent_since", flat=True))
    if silent:
        heard = sum(moment is None for moment in silent)
        address = reverse("alert-sources")
        yield Part(_("Sources of alerts heard"), f"{heard}/{len(silent)}", heard == len(silent), address)


def _messages(now: datetime) -> Part:
    """Messages that reached nobody, counted no further than it matters."""
    number = queries.untold(Message.objects.all(), now)[:MOST_COUNTED].count()
    said = f"{number}+" if number == MOST_COUNTED else str(number)
    return Part(_("Messages that reached nobody"), said, number == 0, f"{reverse('messages')}?state=untold")
