import shutil
import struct

import pytest

from vonggac.reports import fonts


@pytest.fixture
def folder(tmp_path):
    bundled = fonts.find_font([]).files
    for path, suffix in zip(bundled, ("Regular", "Bold", "Italic", "BoldItalic"), strict=True):
        shutil.copy(path, tmp_path / f"LiberationSerif-{suffix}.ttf")
    return tmp_path


def test_without_any_installed_font_the_bundled_one_serves():
    font = fonts.find_font([])
    assert (font.name, font.source) == ("Liberation Serif", "bundled")
    assert all(path.is_file() for path in font.files)
    assert not font.is_prescribed


def test_an_installed_font_of_the_same_metrics_goes_before_the_bundled_one(folder):
    font = fonts.find_font([folder])
    assert (font.name, font.source) == ("Liberation Serif", "installed")
    assert {path.parent for path in font.files} == {folder}


def test_a_family_lacking_a_face_is_passed_over(folder):
    (folder / "LiberationSerif-Italic.ttf").unlink()
    assert fonts.find_font([folder]).source == "bundled"


def test_a_file_named_like_times_but_holding_another_family_is_passed_over(folder):
    names = ("times.ttf", "timesbd.ttf", "timesi.ttf", "timesbi.ttf")
    for path, name in zip(sorted(folder.iterdir()), names, strict=True):
        path.rename(folder / name)
    assert fonts.find_font([folder]).source == "bundled"


def test_a_damaged_file_is_passed_over(folder):
    (folder / "LiberationSerif-Bold.ttf").write_bytes(b"not a font")
    assert fonts.find_font([folder]).source == "bundled"


def renamed(content: bytes, family: str) -> bytes:
    """The font under another family name that is no longer than its own."""
    changed = bytearray(content)
    tables = {content[at : at + 4]: struct.unpack_from(">I", content, at + 8)[0] for at in range(12, 12 + 16 * 30, 16)}
    start = tables[b"name"]
    count, storage = struct.unpack_from(">HH", content, start + 2)
    for index in range(count):
        at = start + 6 + 12 * index
        platform, _, _, name, _, offset = struct.unpack_from(">6H", content, at)
        if (platform, name) == (3, 1):
            text = family.encode("utf-16-be")
            changed[start + storage + offset : start + storage + offset + len(text)] = text
            struct.pack_into(">H", changed, at + 8, len(text))
    return bytes(changed)


def test_times_new_roman_goes_before_all_others(folder):
    times = ("times.ttf", "timesbd.ttf", "timesi.ttf", "timesbi.ttf")
    for path, name in zip(fonts.find_font([]).files, times, strict=True):
        (folder / name).write_bytes(renamed(path.read_bytes(), "Times New Roman"))
    font = fonts.find_font([folder])
    assert (font.name, font.source, font.is_prescribed) == ("Times New Roman", "installed", True)
    assert tuple(path.name for path in font.files) == times


def test_missing_folders_do_no_harm(tmp_path):
    assert fonts.find_font([tmp_path / "absent"]).source == "bundled"


def test_the_licence_of_the_bundled_font_comes_with_it():
    assert "SIL OPEN FONT LICENSE Version 1.1" in (fonts.BUNDLED_FOLDER / "OFL.txt").read_text()


def test_the_chosen_font_has_four_faces():
    assert len(fonts.chosen_font().files) == 4
    assert fonts.chosen_font().name in fonts.FACES
