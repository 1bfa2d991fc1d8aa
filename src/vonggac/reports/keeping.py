"""The files of issued reports: kept under their SHA-256 beside the evidence, so that every backup carries them."""

import stat

from vonggac.cases.evidence import path_of
from vonggac.errors import IntegrityFailure
from vonggac.lake import files


def keep(content: bytes) -> str:
    """The digest under which the file lies from now on, readable by the desk alone and never changed."""
    sha256 = files.digest(content)
    path = path_of(sha256)
    if not path.exists():
        files.write_whole(path, content)
        path.chmod(stat.S_IRUSR)
    return sha256


def kept(sha256: str) -> bytes:
    """The file with this digest; IntegrityFailure when it is missing or no longer matches."""
    try:
        content = path_of(sha256).read_bytes()
    except FileNotFoundError as error:
        raise IntegrityFailure("the issued file is not on the disk any more; restore it from a backup") from error
    if files.digest(content) != sha256:
        raise IntegrityFailure("the issued file does not match its digest; restore it from a backup")
    return content
