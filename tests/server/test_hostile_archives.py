"""Archives made to do harm: each is refused as damaged before a byte is written outside a new home's folders."""

import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vonggac.errors import BackupDamaged
from vonggac.server import archive
from vonggac.server.archive import Manifest, Member


def ignore(_: int) -> None:
    pass


def member(name: str, content: bytes) -> Member:
    return Member(name, len(content), hashlib.sha256(content).hexdigest())


FILES = {"database.dump": b"dump", "secrets/secret-key": b"key", "evidence/ab/1": b"photo", "raw/list.csv": b"a,b"}
WHOLE = Manifest("2024-04-17T00:00:00+00:00", "0.1.0", {"app": "a"}, tuple(member(*file) for file in FILES.items()))


def tar(*members: tuple[tarfile.TarInfo | str, bytes]) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as made:
        for header, content in members:
            found = tarfile.TarInfo(header) if isinstance(header, str) else header
            if found.isreg():
                found.size = found.size or len(content)
            made.addfile(found, io.BytesIO(content))
    return target.getvalue()


def whole(manifest: bytes | None = None) -> bytes:
    return tar(*FILES.items(), ("manifest.json", WHOLE.to_json() if manifest is None else manifest))


def refused(tmp_path: Path, content: bytes) -> str:
    """What is said of a file with this content; nothing appears beside it."""
    file = tmp_path / "b.tar"
    file.write_bytes(content)
    with pytest.raises(BackupDamaged) as error:
        archive.verify(file, ignore)
    assert [path.name for path in tmp_path.iterdir()] == ["b.tar"]
    return str(error.value)


def test_the_archive_that_the_others_spoil_is_sound(tmp_path):
    (tmp_path / "b.tar").write_bytes(whole())
    assert archive.verify(tmp_path / "b.tar", ignore) == WHOLE


@settings(max_examples=150)
@given(st.data())
def test_one_flipped_bit_anywhere_is_found_or_changes_nothing_that_is_restored(tmp_path_factory, data):
    content = bytearray(whole())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= 1 << data.draw(st.integers(0, 7))
    folder = tmp_path_factory.mktemp("bit")
    file = folder / "b.tar"
    file.write_bytes(content)
    try:
        manifest = archive.verify(file, ignore)
    except BackupDamaged:
        return
    # Bits of padding, of times and of owners say nothing that a restore uses.
    (folder / "new").mkdir()
    archive.extract(file, manifest, folder / "new", ignore)
    restored = {name: (folder / "new" / name).read_bytes() for name in FILES}
    assert restored == FILES
    assert manifest == WHOLE


@settings(max_examples=60)
@given(st.integers(0, 10_239))
def test_an_archive_cut_anywhere_before_its_end_mark_is_refused(tmp_path_factory, kept):
    content = whole()
    end = content.rindex(WHOLE.to_json()) + len(WHOLE.to_json())
    folder = tmp_path_factory.mktemp("cut")
    (folder / "b.tar").write_bytes(content[: min(kept, end - 1)])
    with pytest.raises(BackupDamaged):
        archive.verify(folder / "b.tar", ignore)


ESCAPES = [
    "../evil", "/etc/passwd", "evidence/../../evil", "evidence/./x", "evidence//x", "evidence", "evidence/", "raw/..",
    "secrets/authorized_keys", "secrets/../evidence/x", "database.dump/x", "./manifest.json", "evidence/a/../../../x",
    "EVIDENCE/x", "evidence\\..\\x", "~/x", "lake/..",
]  # fmt: skip


@pytest.mark.parametrize("name", ESCAPES)
def test_a_member_outside_the_homes_folders_is_refused(tmp_path, name):
    manifest = Manifest(WHOLE.created_utc, WHOLE.version, {}, (member(name, b"evil"),))
    assert "no backup of the desk holds" in refused(
        tmp_path, tar((name, b"evil"), ("manifest.json", manifest.to_json()))
    )


KINDS = {
    "a link": tarfile.SYMTYPE, "a hard link": tarfile.LNKTYPE, "a folder": tarfile.DIRTYPE, "a pipe": tarfile.FIFOTYPE,
    "a device": tarfile.CHRTYPE, "a disk": tarfile.BLKTYPE,
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_what_is_no_plain_file_is_refused(tmp_path, kind):
    header = tarfile.TarInfo("evidence/ab/x")
    header.type, header.linkname = kind, "/etc/passwd"
    assert "no backup of the desk holds" in refused(tmp_path, tar((header, b"")))


def test_a_link_that_makes_way_for_a_file_behind_it_is_refused(tmp_path):
    link = tarfile.TarInfo("evidence/out")
    link.type, link.linkname = tarfile.SYMTYPE, str(tmp_path)
    refused(tmp_path, tar((link, b""), ("evidence/out/evil", b"evil")))


def test_a_header_that_promises_more_than_there_is_is_refused(tmp_path):
    header = tarfile.TarInfo("raw/list.csv")
    header.size = 2**40
    content = header.tobuf(tarfile.GNU_FORMAT) + b"short"
    refused(tmp_path, content)


def test_a_sparse_file_of_a_terabyte_is_refused(tmp_path):
    header = tarfile.TarInfo("raw/list.csv")
    header.pax_headers = {
        "GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "raw/list.csv",
        "GNU.sparse.realsize": str(2**40),
    }  # fmt: skip
    body = b"1\n0\n1\n".ljust(512, b"\0") + b"x" * 512
    refused(tmp_path, tar((header, body), ("manifest.json", WHOLE.to_json())))


def test_a_manifest_larger_than_any_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "LARGEST_MANIFEST_BYTES", 1_000)
    assert "larger than any" in refused(tmp_path, tar(("manifest.json", b" " * 1_001)))


MANIFESTS = {
    "empty": b"",
    "no object": b"[]",
    "a number": b"1",
    "nothing": b"null",
    "nested beyond reading": b"[" * 200_000,
    "nested objects": b'{"schema":' * 100_000,
    "an endless size": json.dumps({"schema": 1, "created_utc": "", "version": "", "database": {}, "members": [
        {"name": "raw/x", "size": float("inf"), "sha256": ""}]}).encode(),
    "members that are none": json.dumps({"schema": 1, "created_utc": "", "version": "", "database": {},
                                         "members": ["x"]}).encode(),
    "members that are a number": json.dumps({"schema": 1, "created_utc": "", "version": "", "database": {},
                                             "members": 7}).encode(),
    "a database that is a list": json.dumps({"schema": 1, "created_utc": "", "version": "", "database": [1],
                                             "members": []}).encode(),
    "no UTF-8": b"\xff\xfe{}",
    "a number with too many digits": b'{"schema": ' + b"9" * 5_000 + b"}",
    "a later layout": b'{"schema": 99}',
}  # fmt: skip


@pytest.mark.parametrize("text", MANIFESTS.values(), ids=MANIFESTS)
def test_a_manifest_that_is_none_is_refused(tmp_path, text):
    refused(tmp_path, tar(*FILES.items(), ("manifest.json", text)))


def test_a_backup_of_an_older_version_without_a_seal_is_read(tmp_path):
    told = json.loads(WHOLE.to_json())
    del told["seal"]
    (tmp_path / "b.tar").write_bytes(whole(json.dumps(told).encode()))
    assert archive.verify(tmp_path / "b.tar", ignore) == WHOLE


@pytest.mark.parametrize(
    ("field", "value"),
    [("created_utc", "3024-04-17T00:00:00+00:00"), ("version", "9.1.0"), ("database", {"app": "b"}), ("more", 1)],
)
def test_a_manifest_whose_own_words_were_changed_is_refused(tmp_path, field, value):
    told = json.loads(WHOLE.to_json()) | {field: value}
    assert "manifest" in refused(tmp_path, whole(json.dumps(told).encode()))


@pytest.mark.parametrize("change", ["size", "sha256", "name"])
def test_a_manifest_that_tells_of_other_files_is_refused(tmp_path, change):
    told = json.loads(WHOLE.to_json())
    del told["seal"]
    told["members"][2][change] = {"size": 6, "sha256": "0" * 64, "name": "evidence/ab/2"}[change]
    assert "evidence/ab" in refused(tmp_path, whole(json.dumps(told).encode()))


def test_a_file_put_into_the_archive_later_is_refused(tmp_path):
    refused(tmp_path, tar(*FILES.items(), ("raw/evil.csv", b"x"), ("manifest.json", WHOLE.to_json())))
    refused(tmp_path, tar(*FILES.items(), ("manifest.json", WHOLE.to_json()), ("raw/evil.csv", b"x")))


def test_a_file_that_changes_between_looking_and_restoring_is_refused(tmp_path):
    file = tmp_path / "b.tar"
    file.write_bytes(whole())
    manifest = archive.verify(file, ignore)
    file.write_bytes(whole().replace(b"photo", b"forgd"))
    (tmp_path / "new").mkdir()
    with pytest.raises(BackupDamaged, match="changed while"):
        archive.extract(file, manifest, tmp_path / "new", ignore)
