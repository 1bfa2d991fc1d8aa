"""Which font a report is set in: Times New Roman where installed, else one of the same metrics, never a silent other.

Decree 30/2020, Annex I, I.4 asks for Times New Roman. Liberation Serif and Tinos have the same widths, so lines and
pages break alike. Liberation Serif is bundled (SIL Open Font Licence, see fonts/OFL.txt): a PDF is always possible.
"""

import os
import struct
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from vonggac.reports import metrics

BUNDLED_FOLDER = Path(__file__).with_name("fonts")
VIETNAMESE = "ĂăÂâĐđÊêÔôƠơƯưẠạẢảẤấẦầẨẩẪẫẬậẮắẰằẲẳẴẵẶặẸẹẺẻẼẽẾếỀềỂểỄễỆệỈỉỊịỌọỎỏỐốỒồỔổỖỗỘộỚớỜờỞởỠỡỢợỤụỦủỨứỪừỬửỮữỰựỲỳỴỵỶỷỸỹ"
FACES: Mapping[str, Sequence[tuple[str, ...]]] = {
    "Times New Roman": (
        ("times.ttf", "timesbd.ttf", "timesi.ttf", "timesbi.ttf"),
        (
            "times_new_roman.ttf",
            "times_new_roman_bold.ttf",
            "times_new_roman_italic.ttf",
            "times_new_roman_bold_italic.ttf",
        ),
        (
            "times new roman.ttf",
            "times new roman bold.ttf",
            "times new roman italic.ttf",
            "times new roman bold italic.ttf",
        ),
    ),
    "Liberation Serif": (
        (
            "liberationserif-regular.ttf",
            "liberationserif-bold.ttf",
            "liberationserif-italic.ttf",
            "liberationserif-bolditalic.ttf",
        ),
    ),
    "Tinos": (("tinos-regular.ttf", "tinos-bold.ttf", "tinos-italic.ttf", "tinos-bolditalic.ttf"),),
}


@dataclass(frozen=True, slots=True)
class Font:
    """The chosen family, where it comes from, and its files: regular, bold, italic, bold italic."""

    name: str
    source: Literal["installed", "bundled"]
    files: tuple[Path, ...]

    @property
    def is_prescribed(self) -> bool:
        """Whether it is the decree's own font."""
        return self.name == "Times New Roman"


@cache
def chosen_font() -> Font:
    """The font that PDF reports are set in on this machine; found once a process."""
    return find_font(system_folders())


def find_font(folders: Iterable[Path]) -> Font:
    """The first of the three families with four faces and all Vietnamese letters; else the bundled one."""
    files = _font_files(folders)
    for family, spellings in FACES.items():
        for spelling in spellings:
            found = tuple(files[name] for name in spelling if name in files)
            if len(found) == 4 and all(_serves(path, family) for path in found):
                return Font(family, "installed", found)
    names = ("Regular", "Bold", "Italic", "BoldItalic")
    return Font("Liberation Serif", "bundled", tuple(BUNDLED_FOLDER / f"LiberationSerif-{name}.ttf" for name in names))


def system_folders() -> list[Path]:
    """The folders where this system keeps fonts, the person's own first."""
    home = Path.home()
    if sys.platform == "win32":
        windows = Path(os.environ.get("WINDIR", r"C:\Windows"))
        return [home / "AppData/Local/Microsoft/Windows/Fonts", windows / "Fonts"]
    if sys.platform == "darwin":
        return [home / "Library/Fonts", Path("/Library/Fonts"), Path("/System/Library/Fonts/Supplemental")]
    data = Path(os.environ.get("XDG_DATA_HOME", home / ".local/share"))
    return [data / "fonts", home / ".fonts", Path("/usr/local/share/fonts"), Path("/usr/share/fonts")]


def _font_files(folders: Iterable[Path]) -> dict[str, Path]:
    """Wanted font files by lower-case name; of two with one name the first folder's wins, then the later path."""
    wanted = {name for spellings in FACES.values() for spelling in spellings for name in spelling}
    files: dict[str, Path] = {}
    for folder in folders:
        here = {path.name.lower(): path for path in sorted(folder.rglob("*.[tT][tT][fF]"))}
        files = {name: path for name, path in here.items() if name in wanted} | files
    return files


def _serves(path: Path, family: str) -> bool:
    try:
        face = metrics.read_face(path.read_bytes())
    except (OSError, ValueError, KeyError, IndexError, struct.error):
        return False
    return face.family == family and all(ord(letter) in face.advances for letter in VIETNAMESE)
