"""A process that gives up for good what it does not need: files but those it names, writing, the network, memory.

Linux's Landlock (kernel 5.13 and later, https://docs.kernel.org/userspace-api/landlock.html) holds for the thread that
asks for it and for whatever it starts; nothing takes it back.
"""

import ctypes
import os
import resource
from collections.abc import Iterable
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture
_ASK_VERSION = 1
_PATH_BENEATH = 1
_NO_NEW_PRIVILEGES = 38
_READ_FILE = 1 << 2
# How many rights on files each version knows: 13 in the first, then REFER, TRUNCATE and, since the fifth, devices.
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}
_NEWEST_FILE_RIGHTS = 16
_FIRST_WITH_NETWORK = 4
_TCP_RIGHTS = 0b11


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64))


class _PathRule(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"  # Python 3.14 wants the layout of packed structures said
    _fields_ = (("allowed", ctypes.c_uint64), ("descriptor", ctypes.c_int32))


_libc = ctypes.CDLL(None, use_errno=True)


def version() -> int:
    """The version of Landlock that this kernel has; 0: none."""
    return max(0, int(_libc.syscall(_CREATE_RULESET, None, 0, _ASK_VERSION)))


def confine(readable: Iterable[Path]) -> bool:
    """True when from now on this thread may read the given files only, write none, and open no TCP connection.

    A folder stands for all files below it. False where the kernel has no Landlock; then nothing has changed.
    """
    known = version()
    if not known:
        return False
    rights = (1 << _FILE_RIGHTS.get(known, _NEWEST_FILE_RIGHTS)) - 1
    ruleset = _Ruleset(rights, _TCP_RIGHTS)
    size = ctypes.sizeof(ruleset) if known >= _FIRST_WITH_NETWORK else ctypes.sizeof(ctypes.c_uint64)
    rules = _checked(_libc.syscall(_CREATE_RULESET, ctypes.byref(ruleset), size, 0))
    try:
        for path in readable:
            if path.exists():
                _allow_reading(rules, path)
        _checked(_libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0))
        _checked(_libc.syscall(_RESTRICT_SELF, rules, 0))
    finally:
        os.close(rules)
    return True


def limit(memory_bytes: int, cpu_seconds: int) -> None:
    """Let the process grow by so much memory, use so much of the processor, and lengthen no file."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + memory_bytes
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _allow_reading(rules: int, path: Path) -> None:
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = _PathRule(_READ_FILE, descriptor)
        _checked(_libc.syscall(_ADD_RULE, rules, _PATH_BENEATH, ctypes.byref(rule), 0))
    finally:
        os.close(descriptor)


def _checked(answer: int) -> int:
    if answer < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return answer
