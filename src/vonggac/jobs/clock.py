"""What time it is for this desk: the machine's clock, or that of an exercise, which a person moves."""

from datetime import UTC, datetime, timedelta

from django.conf import settings


def now() -> datetime:
    """The desk's time in UTC. Only flows, pages and jobs ask for it; everything below them is given the time."""
    return datetime.now(UTC) + exercise_offset()


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
