"""The jobs that this process knows: the worker's list of names."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., None])

DEFAULT_QUEUE = "default"
MOST_ATTEMPTS = 8


@dataclass(frozen=True, slots=True)
class Job:
    """A named function that the worker can run.

    `periodic` is a cron line in UTC (five fields, or six with seconds last), or None. A job that
    raises is tried again after 2, 4, 8 … seconds, `attempts` times in all.
    """

    name: str
    function: Callable[..., None]
    queue: str = DEFAULT_QUEUE
    periodic: str | None = None
    attempts: int = MOST_ATTEMPTS

    def run(self, arguments: Mapping[str, Any]) -> None:
        """Do the work once; a periodic job's own due time is not handed on."""
        given = {key: value for key, value in arguments.items() if self.periodic is None or key != "timestamp"}
        self.function(**given)


_jobs: dict[str, Job] = {}
known: Mapping[str, Job] = MappingProxyType(_jobs)


def job(
    name: str, *, queue: str = DEFAULT_QUEUE, periodic: str | None = None, attempts: int = MOST_ATTEMPTS
) -> Callable[[Function], Function]:
    """Declare the decorated function as the job of that name; the function itself stays callable as it is.

    Its arguments must be what JSON can carry. Raises ValueError if another function has the name already.
    """

    def declare(function: Function) -> Function:
        other = _jobs.get(name)
        if other is not None and _origin(other.function) != _origin(function):
            raise ValueError(f"two jobs are called {name}: {_origin(other.function)} and {_origin(function)}")
        _jobs[name] = Job(name, function, queue, periodic, attempts)
        return function

    return declare


def names() -> frozenset[str]:
    """The names that the worker knows, once the modules that declare them are imported."""
    return frozenset(_jobs)


def forget(name: str) -> None:
    """Take a job off the list; for tests that declare one."""
    _jobs.pop(name, None)


def _origin(function: Callable[..., None]) -> str:
    return f"{function.__module__}.{function.__qualname__}"
