"""The compiled register as bytes and back, so that the next match need not read and compile the networks again."""

import io
import json

import numpy as np
from numpy.typing import NDArray

from vonggac.formats.records import Reject
from vonggac.kernel.networks import Register

VERSION = 1
_ARRAYS = ("ipv4_starts", "ipv4_owner", "ipv6_starts", "ipv6_owner")
_TYPES = {"ipv4_starts": "uint32", "ipv4_owner": "int32", "ipv6_starts": "|S16", "ipv6_owner": "int32"}


def dump(register: Register, rejects: list[Reject]) -> bytes:
    """Plain arrays in numpy's own format, one after the other; nothing in it can run as code."""
    target = io.BytesIO()
    names = list(dict.fromkeys(register.organisations))
    numbers = {name: number for number, name in enumerate(names)}
    head = {
        "version": VERSION,
        "organisations": names,
        "rejects": [[one.line, one.column, one.reason, one.raw] for one in rejects],
    }
    arrays: list[NDArray[np.generic]] = [
        np.frombuffer(json.dumps(head).encode(), np.uint8),
        np.frombuffer("\n".join(register.networks).encode(), np.uint8),
        np.array([numbers[name] for name in register.organisations], np.int32),
        *(getattr(register, name) for name in _ARRAYS),
    ]
    for array in arrays:
        np.save(target, array, allow_pickle=False)
    return target.getvalue()


def load(content: bytes) -> tuple[Register, list[Reject]] | None:
    """What `dump` wrote, or None when the bytes are cut short, damaged or of another version."""
    source = io.BytesIO(content)
    try:
        head_bytes, network_bytes, numbers = (np.load(source, allow_pickle=False) for _ in range(3))
        head = json.loads(head_bytes.tobytes())
        arrays = {name: np.load(source, allow_pickle=False) for name in _ARRAYS}
        if head["version"] != VERSION or any(str(arrays[name].dtype) != _TYPES[name] for name in _ARRAYS):
            return None
        names = head["organisations"]
        organisations = [names[number] for number in numbers.tolist()]
        networks = network_bytes.tobytes().decode().split("\n") if len(network_bytes) else []
        if len(networks) != len(organisations) or not _is_sound(arrays, len(networks)):
            return None
        rejects = [Reject(*values) for values in head["rejects"]]
    except (ValueError, KeyError, IndexError, TypeError, EOFError, OSError):
        return None
    return Register(networks, organisations, **arrays), rejects


def _is_sound(arrays: dict[str, NDArray[np.generic]], count: int) -> bool:
    """True when every owner is a known prefix and starts and owners pair up."""
    for family in ("ipv4", "ipv6"):
        starts, owner = arrays[f"{family}_starts"], arrays[f"{family}_owner"].astype(np.int64)
        if len(starts) != len(owner) or not len(owner) or owner.min() < -1 or owner.max() >= count:
            return False
    return True
