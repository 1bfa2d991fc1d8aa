"""The two clocks of a desk, and which one is asked for what (docs/adr/0052-two-clocks.md).

The desk's clock tells the story: cases, due times, messages, whose role and organisation holds. On an exercise a person
moves it. The machine's clock ends what opens doors: sign-in links, invitations, sessions, tokens, emergency access. On
a real desk the two show the same.
"""

from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.utils import timezone


def now() -> datetime:
    """The desk's time in UTC. Only flows, pages and jobs ask for it; everything below them is given the time."""
    return machine_now() + exercise_offset()


def today() -> date:
    """The desk's day where its offices are: the day on which a role or an organisation holds."""
    return timezone.localdate(now())


def machine_now() -> datetime:
    """The machine's time in UTC: no moved clock keeps a door open, or shuts it."""
    return datetime.now(UTC)


def exercise_offset() -> timedelta:
    """How far an exercise's clock stands from the machine's; zero on a real desk, whatever lies in its folder."""
    home = settings.VONGGAC_HOME.path
    # The mark of a practice desk; one that bears it is refused where a real desk is started.
    if not (home / "exercise").is_dir():
        return timedelta()
    file = home / "exercise-clock"
    try:
        return timedelta(seconds=float(file.read_text()))
    except FileNotFoundError:
        return timedelta()
