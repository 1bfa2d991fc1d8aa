"""A pipe from the supervisor to its children: when the supervisor dies, however it dies, they end too."""

import os
import signal
import threading

VARIABLE = "VONGGAC_LIFELINE"


def hold() -> None:
    """End this process as SIGTERM would once the supervisor is gone; without a supervisor nothing happens."""
    descriptor = os.environ.pop(VARIABLE, "")
    if descriptor:
        threading.Thread(target=_wait, args=[int(descriptor)], daemon=True, name="lifeline").start()


def _wait(descriptor: int) -> None:
    # Nothing is ever written: reading ends only when the other end is closed.
    os.read(descriptor, 1)
    os.kill(os.getpid(), signal.SIGTERM)
