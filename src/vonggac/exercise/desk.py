"""The exercise as a desk of its own: a home with a province in it, a clock that a person moves day by day.

`exercise/` in the home makes it an exercise: `world/` (the files), `state.json` (how far they were played), `wipe` (the
order to take everything away). A home without that folder is a real desk, and nothing here touches it.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from operator import itemgetter
from pathlib import Path

from django.conf import settings

from vonggac.botnet.services import hosts
from vonggac.cases import services as cases
from vonggac.cases.models import Case
from vonggac.directives.models import Directive, DirectiveState
from vonggac.duty import services as duty
from vonggac.errors import NotPermitted, WrongState
from vonggac.exercise import answering
from vonggac.exercise.answering import Answering
from vonggac.exercise.playing import Event, Playing
from vonggac.exercise.world import ListFile, LogFile, OwnersClaim, World, read_world
from vonggac.flows import reminders
from vonggac.jobs.clock import now
from vonggac.lake import files as durable
from vonggac.register import imports
from vonggac.register.models import Organisation, Role, RoleName
from vonggac.register.services.people import give_role
from vonggac.tenancy.scope import scoped, system

FOLDER = "exercise"
DAY = timedelta(days=1)
# 8 o'clock in Hà Nội, when the exercise's day begins.
MORNING = timedelta(hours=1)
DISPATCH = "chi-dao.txt"
# What stood in the number's place on the paper that the scan could not read.
DISPATCH_NUMBER = "4127"
Warn = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class State:
    """How far the province's files were played, and the claims whose hosts no list has brought yet."""

    played_until: datetime
    unheard: tuple[OwnersClaim, ...] = ()

    def to_json(self) -> str:
        """The state as it is stored."""
        unheard = [{**asdict(claim), "at": claim.at.isoformat()} for claim in self.unheard]
        return json.dumps({"played_until": self.played_until.isoformat(), "unheard": unheard}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "State":
        """The stored state."""
        stored = json.loads(text)
        unheard = (OwnersClaim(**{**claim, "at": datetime.fromisoformat(claim["at"])}) for claim in stored["unheard"])
        return cls(datetime.fromisoformat(stored["played_until"]), tuple(unheard))


@dataclass(frozen=True, slots=True)
class Day:
    """What a day brought: the desk's time at its end, and how many lists, claims, log files and answers came."""

    ends_utc: datetime
    lists: int
    claims: int
    logs: int
    answers: int = 0
    warnings: tuple[str, ...] = ()


def folder() -> Path:
    """Where this home's exercise lies, if it is one."""
    path: Path = settings.VONGGAC_HOME.path / FOLDER
    return path


def is_exercise() -> bool:
    """True on a desk that was begun as an exercise; a real desk never becomes one."""
    return (folder() / "state.json").is_file()


def state() -> State:
    """How far the exercise is; NotPermitted on a real desk."""
    if not is_exercise():
        raise NotPermitted("this is a real desk: start an exercise in a home of its own with ./vg up --exercise")
    return State.from_json((folder() / "state.json").read_text("utf-8"))


def world() -> World:
    """The province's files; what is wrong with them was said when they were made."""
    return read_world(folder() / "world", lambda _: None)


def begin(warn: Warn = lambda _: None) -> State:
    """Enter the register, people, contacts and roster of the province, and set the clock to the first morning."""
    if (folder() / "state.json").exists():
        raise WrongState("the exercise has begun; wipe it to begin again")
    played = world()
    playing = Playing(played, warn, lambda _: None)
    playing.enter_register()
    with scoped(system("exercise")):
        _enter_people(played, warn)
    morning = _morning_after(played.begins_utc)
    playing.hear_sensors(morning)
    return _keep(State(morning))


def next_events(found: State, until: datetime) -> list[Event]:
    """What happens from where the exercise stands up to a moment, in order."""
    playing = Playing(world(), lambda _: None, lambda _: None)
    after = None if _is_untouched(found, playing.world) else found.played_until
    return sorted(playing.due(after, until), key=playing.order)


def _is_untouched(found: State, played: World) -> bool:
    """True before the first press: what lies in the world from its beginning has not come in either."""
    return found.played_until <= _morning_after(played.begins_utc)


def _morning_after(moment: datetime) -> datetime:
    morning = moment.replace(hour=0, minute=0, second=0, microsecond=0) + MORNING
    return morning if morning > moment else morning + DAY


def ends_next() -> datetime:
    """Where the clock will stand after the next press: the next morning to come, or the end of the province's files."""
    return _ends_next(state(), world())


def ends_next_hour() -> datetime:
    """Where the clock will stand an hour on: at the next full hour, or the end of the province's files."""
    return _ends_next_hour(state(), world())


def _ends_next(found: State, played: World) -> datetime:
    return max(min(_morning_after(max(found.played_until, now())), played.now_utc), now())


def _ends_next_hour(_found: State, played: World) -> datetime:
    hour = now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return max(min(hour, played.now_utc), now())


def next_day() -> Day:
    """Let the next day's lists, claims and logs come in through the importers, ask the rules, and move the clock."""
    return _play(_ends_next)


def next_hour() -> Day:
    """The same for an hour: so one comes to a change of shift, and into the night."""
    return _play(_ends_next_hour)


def _play(ends: Callable[[State, World], datetime]) -> Day:
    state()
    # Within the transaction of a press, so that a second one plays the day after, and nobody who holds some of the
    # cases waits for this day while it waits for them.
    with scoped(system("exercise")):
        hosts.alone()
        cases.hold(Case.objects.values_list("pk", flat=True))
    found, told = state(), list[str]()
    played = world()
    if is_over():
        raise WrongState("the exercise is over: its files end here; wipe it to begin again")
    until = ends(found, played)
    playing = Playing(played, told.append, lambda _: None, unheard=list(found.unheard), heard_until=found.played_until)
    with playing.step():
        playing.office = Organisation.objects.filter(parent__isnull=True).order_by("path").first()
    with playing.step():
        words = answering.read(played.folder, told.append)
        answers = answering.due(words, durable.digest(dispatch()), found.played_until, until)
    events = next_events(found, until)
    looked = found.played_until
    # At one moment files come before answers; whoever has been silent for too long by then is told before either.
    for at, one in sorted(((_time_of(playing, one), one) for one in [*events, *answers]), key=itemgetter(0)):
        reminders.look_back(looked, at)
        looked = at
        _let_happen(playing, one)
    reminders.look_back(looked, until)
    playing.evaluate(until)
    _keep(State(until, tuple(playing.unheard)))
    lists, claims, logs = (sum(isinstance(e, kind) for e in events) for kind in (ListFile, OwnersClaim, LogFile))
    return Day(until, lists, claims, logs, len(answers), tuple(told))


def _time_of(playing: Playing, one: Event | Answering) -> datetime:
    return one.at if isinstance(one, Answering) else playing.time_of(one)


def _let_happen(playing: Playing, one: Event | Answering) -> None:
    if not isinstance(one, Answering):
        playing.enter(one)
        return
    with playing.step():
        answering.enter(one, playing.warn)


def so_far() -> Day:
    """What all the days together have brought of the province's files."""
    played, found = world(), state()
    until = found.played_until
    lists, claims, logs = (
        0 if _is_untouched(found, played) else sum(event.at is None or event.at <= until for event in part)
        for part in (played.lists, played.claims, played.logs)
    )
    return Day(until, lists, claims, logs)


def entered() -> Directive | None:
    """The exercise's directive, once its dispatch stands in the register: what the cover letter passes on."""
    known = Directive.objects.filter(document__sha256=durable.digest(dispatch()), state=DirectiveState.CONFIRMED)
    return known.order_by("-position").first()


def is_over() -> bool:
    """True when all of the province's files have been played."""
    return state().played_until >= world().now_utc


def dispatch() -> bytes:
    """The document with which the exercise begins, in the founding dispatch's form and with its kinds of damage."""
    return files("vonggac.exercise").joinpath("data", DISPATCH).read_bytes()


def order_wipe() -> None:
    """Ask the process that runs the exercise to take everything away and begin anew."""
    state()
    durable.write_whole(folder() / "wipe", b"")


def _keep(found: State) -> State:
    """Store the state and let the desk's clock show its moment from now on."""
    offset = found.played_until - datetime.now(UTC)
    durable.write_whole(settings.VONGGAC_HOME.path / "exercise-clock", f"{offset.total_seconds()}\n".encode())
    durable.write_whole(folder() / "state.json", found.to_json().encode())
    return found


def _enter_people(played: World, warn: Warn) -> None:
    at = played.begins_utc
    for kind in ("people", "contacts", "systems"):
        path = played.folder / f"{kind}.csv"
        if path.is_file():
            planned = imports.plan(kind, path.read_bytes(), path.name, at=at.date(), now=at)
            for reject in planned.rejects:
                warn(f"{path.name}, line {reject.line}: {reject.reason}")
            imports.apply(planned, at=at)
    roster = played.folder / "roster.csv"
    office = Organisation.objects.filter(parent__isnull=True).order_by("path").first()
    if office is None:
        return
    for role in Role.objects.filter(organisation=office, name=RoleName.ADMINISTRATOR).select_related("person"):
        # Whoever leads the exercise opens the dispatch too, as the first person of a real desk does.
        give_role(role.person, office, RoleName.HEAD, at=at)
    if roster.is_file():
        rows, rejects = duty.read_roster(roster.read_bytes(), roster.name)
        duty.import_roster(office, rows, rejects, at=at)
