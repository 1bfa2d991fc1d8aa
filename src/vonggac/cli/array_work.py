"""What a command that reads and writes columns of millions sets up before anything else."""

import atexit
import gc
import os

# The largest block that glibc agrees to keep when it is freed (mallopt(3), M_MMAP_THRESHOLD).
_KEPT_BYTES = (32 << 20) - 8_192
# Two of these are freed without being given back, which glibc does from twice the above on (M_TRIM_THRESHOLD).
_LARGE_BYTES = 30 << 20


def prepare() -> None:
    """Spare the process what only costs it: a third of the time of matching a national list."""
    # A collection run walks every object of the list and frees nothing.
    gc.disable()
    # The interpreter collects once more before it ends, which disable() does not prevent: 20 ms.
    atexit.register(gc.freeze)
    # No linear algebra is done here, and numpy's threads for it cost 0.1 s of CPU to start.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    import numpy as np

    # Once a block of this size was freed, freed arrays are used again instead of given back; and numpy asks the system
    # for large pages under the blocks that follow, which stay so: 20,000 page faults less.
    np.empty(_KEPT_BYTES, np.uint8)
    _ = [np.empty(_LARGE_BYTES, np.uint8) for _ in range(2)]
