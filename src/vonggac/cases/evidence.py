"""Files handed in for a case: on the disk under their SHA-256 before anything is acknowledged, never changed."""

import stat
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.db import transaction

from vonggac.cases.models import Case, Evidence
from vonggac.cases.services import SUBJECT
from vonggac.errors import InputError, IntegrityFailure, LimitExceeded, OutOfScope
from vonggac.formats import encodings
from vonggac.lake import files
from vonggac.ledger import services as ledger

MEBIBYTE = 1 << 20
LARGEST_BYTES = 25 * MEBIBYTE
MOST_FILES = 50
NAME_CHARACTERS = 255
_OFFICE = "application/vnd.openxmlformats-officedocument"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Extension → media type and how the bytes must begin; text has no beginning of its own but must hold no NUL. None is
# ever opened here: each is kept and handed out as a download.
KINDS: Mapping[str, tuple[str, bytes]] = {
    ".pdf": ("application/pdf", b"%PDF-"),
    ".png": ("image/png", b"\x89PNG\r\n\x1a\n"),
    ".jpg": ("image/jpeg", b"\xff\xd8\xff"),
    ".jpeg": ("image/jpeg", b"\xff\xd8\xff"),
    ".docx": (f"{_OFFICE}.wordprocessingml.document", b"PK\x03\x04"),
    ".xlsx": (f"{_OFFICE}.spreadsheetml.sheet", b"PK\x03\x04"),
    ".doc": ("application/msword", _OLE),
    ".xls": ("application/vnd.ms-excel", _OLE),
    ".heic": ("image/heic", b"ftyp"),
    ".rar": ("application/vnd.rar", b"Rar!\x1a\x07"),
    ".zip": ("application/zip", b"PK\x03\x04"),
    ".txt": ("text/plain", b""),
    ".log": ("text/plain", b""),
    ".csv": ("text/csv", b""),
    ".json": ("application/json", b""),
    ".eml": ("message/rfc822", b""),
}
# A photograph of a phone begins with the length of its first box.
BEGINS_AT = {".heic": 4}
ACCEPTED = ",".join(KINDS)


class Readable(Protocol):
    """A file open for reading."""

    def read(self, size: int, /) -> bytes:
        """The next bytes, at most `size`."""


def read(file: Readable) -> bytes:
    """The bytes of a file, of one that is too large only as many as show it."""
    return file.read(LARGEST_BYTES + 1)


def media_type(name: str, content: bytes) -> str:
    """The media type of a file that may be handed in; raises for one that is too large or not what its name says."""
    if not content:
        raise InputError(f"{name} is empty; choose the file again")
    if len(content) > LARGEST_BYTES:
        raise LimitExceeded(f"{name} has {len(content) // MEBIBYTE} MiB; {LARGEST_BYTES // MEBIBYTE} MiB are accepted")
    ending = Path(name).suffix.lower()
    kind = KINDS.get(ending)
    if kind is None:
        raise InputError(f"{name} is of a kind that is not accepted; hand in one of: {', '.join(KINDS)}")
    media, beginning = kind
    if not content.startswith(beginning, BEGINS_AT.get(ending, 0)) or not (beginning or _is_text(content)):
        raise InputError(f"{name} is not what its name says; save it again in its own format")
    return media


def _is_text(content: bytes) -> bool:
    """Whether bytes are text in some encoding: UTF-16, in which Windows saves “Unicode text”, is full of zero bytes."""
    encoding = encodings.detect(content)
    if not encoding.startswith("utf-16"):
        return b"\x00" not in content
    try:
        return "\x00" not in content.decode(encoding)
    except UnicodeDecodeError:
        return False


@transaction.atomic
def add(case_id: int, name: str, content: bytes, *, by: str, at: datetime) -> Evidence:
    """The kept file of a case; the same bytes for the same case again are the same evidence."""
    plain = _plain_name(name)
    media = media_type(plain, content)
    case = Case.objects.select_for_update(of=("self",), no_key=True).filter(pk=case_id).first()
    if case is None:
        raise OutOfScope(f"case {case_id} is not among the cases you may see")
    sha256 = files.digest(content)
    known = case.evidence.filter(sha256=sha256).first()
    if known:
        return known
    if case.evidence.count() >= MOST_FILES:
        raise LimitExceeded(f"a case takes {MOST_FILES} files; put what belongs together into one .zip")
    _keep(sha256, content)
    evidence = Evidence.objects.create(
        case=case, org_path=case.org_path, name=plain, sha256=sha256, size=len(content), media_type=media,
        added_at=at, added_by=by,
    )  # fmt: skip
    ledger.record(
        "case.evidence", SUBJECT, case.pk, case.org_path, at=at, name=plain, sha256=sha256, size=len(content), by=by
    )
    return evidence


def content_of(evidence: Evidence) -> bytes:
    """The bytes as handed in; IntegrityFailure when they are missing or no longer match their digest."""
    path = path_of(evidence.sha256)
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise IntegrityFailure(f"{evidence.name} is not on the disk any more; restore it from a backup") from error
    if files.digest(content) != evidence.sha256:
        raise IntegrityFailure(f"{evidence.name} does not match its digest; restore it from a backup")
    return content


def path_of(sha256: str) -> Path:
    """Where a file with this digest lies in the home folder."""
    folder: Path = settings.VONGGAC_HOME.evidence
    return folder / sha256[:2] / sha256


def _keep(sha256: str, content: bytes) -> None:
    path = path_of(sha256)
    if path.exists():
        return
    files.write_whole(path, content)
    path.chmod(stat.S_IRUSR)


def _plain_name(name: str) -> str:
    """The file's name without folders and control characters."""
    base = name.replace("\\", "/").rpartition("/")[2]
    plain = "".join(letter for letter in base if letter.isprintable()).strip()
    if not plain:
        raise InputError("the file has no name; save it under one and choose it again")
    stem, suffix = plain[: -len(Path(plain).suffix)] if Path(plain).suffix else plain, Path(plain).suffix
    return stem[: NAME_CHARACTERS - len(suffix)] + suffix
