"""Files handed in for a case."""

import stat

import pytest

from tests.cast import NOON
from vonggac.cases import evidence, services
from vonggac.cases.models import Case, Kind
from vonggac.cases.services import Opening
from vonggac.errors import InputError, IntegrityFailure, LimitExceeded, OutOfScope
from vonggac.ledger.models import Entry
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7 minutes"


@pytest.fixture
def case(people) -> Case:
    unit = people.organisations["p-vinh-hai"]
    with scoped(system("list")):
        return services.open_many([Opening(unit, Kind.BOTNET_HOST, "PC", "Máy PC", 3, "", None)], at=NOON)[0]


def test_a_file_lies_under_its_digest_read_only_and_stands_in_the_ledger(people, case):
    with scoped(people.scope("lan")):
        kept = evidence.add(case.pk, "C:\\tmp\\biên bản.pdf", PDF, by="Lan", at=NOON)
        path = evidence.path_of(kept.sha256)
        assert (kept.name, kept.size, kept.media_type) == ("biên bản.pdf", len(PDF), "application/pdf")
        assert path.read_bytes() == PDF
        assert stat.S_IMODE(path.stat().st_mode) == stat.S_IRUSR
        assert evidence.content_of(kept) == PDF
        assert Entry.objects.get(act="case.evidence").detail["sha256"] == kept.sha256


def test_the_same_bytes_again_are_the_same_evidence(people, case):
    with scoped(people.scope("lan")):
        first = evidence.add(case.pk, "a.pdf", PDF, by="Lan", at=NOON)
        assert evidence.add(case.pk, "b.pdf", PDF, by="Lan", at=NOON).pk == first.pk
        assert Entry.objects.filter(act="case.evidence").count() == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1258"])
@pytest.mark.parametrize("name", ["log.txt", "hosts.csv", "scan.log"])
def test_text_is_taken_in_every_encoding_that_windows_saves(people, case, name, encoding):
    content = "may,ket qua\r\nPC-1,sach\r\n".encode(encoding)
    with scoped(people.scope("lan")):
        assert evidence.content_of(evidence.add(case.pk, name, content, by="Lan", at=NOON)) == content


@pytest.mark.parametrize(
    ("name", "content", "media"),
    [
        ("bien-ban.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1...", "application/msword"),
        ("may.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1...", "application/vnd.ms-excel"),
        ("log.rar", b"Rar!\x1a\x07\x01\x00", "application/vnd.rar"),
        ("IMG_1.HEIC", b"\x00\x00\x00\x24ftypheic", "image/heic"),
    ],
)
def test_old_office_files_archives_and_photographs_of_phones_are_taken(people, case, name, content, media):
    with scoped(people.scope("lan")):
        assert evidence.add(case.pk, name, content, by="Lan", at=NOON).media_type == media


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.doc", b"PK\x03\x04"), ("a.rar", b"Rar"), ("a.heic", b"ftypheic"), ("a.heic", b""),
        ("run.exe", b"MZ"), ("minutes.pdf", b"<html>"), ("log.txt", b"a\x00b"), ("empty.txt", b""), ("page.html", b"<"),
        ("log.txt", b"\xff\xfea\x00\x00\x00b\x00"),
        ("log.txt", b"\xff\xfea\x00b"), ("..", b"x"), ("", b"x"), ("picture.png", b"\xff\xd8\xff"),
    ],
)  # fmt: skip
def test_what_is_not_what_its_name_says_is_refused_and_nothing_is_kept(people, case, name, content):
    with scoped(people.scope("lan")):
        with pytest.raises(InputError):
            evidence.add(case.pk, name, content, by="Lan", at=NOON)
        assert case.evidence.count() == 0


def test_a_file_over_the_limit_is_refused(people, case):
    with scoped(people.scope("lan")), pytest.raises(LimitExceeded):
        evidence.add(case.pk, "big.txt", b"x" * (evidence.LARGEST_BYTES + 1), by="Lan", at=NOON)


def test_a_foreign_case_takes_no_file(people, case):
    with scoped(people.scope("vinh")), pytest.raises(OutOfScope):
        evidence.add(case.pk, "a.pdf", PDF, by="Vinh", at=NOON)


def test_a_changed_or_lost_file_is_noticed(people, case):
    with scoped(people.scope("lan")):
        kept = evidence.add(case.pk, "a.pdf", b"%PDF-1.7 another", by="Lan", at=NOON)
    path = evidence.path_of(kept.sha256)
    path.chmod(stat.S_IRUSR | stat.S_IWUSR)
    path.write_bytes(b"%PDF-1.7 changed")
    with pytest.raises(IntegrityFailure, match="digest"):
        evidence.content_of(kept)
    path.unlink()
    with pytest.raises(IntegrityFailure, match="backup"):
        evidence.content_of(kept)


def test_a_long_name_keeps_its_ending(people, case):
    with scoped(people.scope("lan")):
        kept = evidence.add(case.pk, "dài" * 200 + ".pdf", PDF + b"2", by="Lan", at=NOON)
        assert len(kept.name) == evidence.NAME_CHARACTERS
        assert kept.name.endswith(".pdf")
