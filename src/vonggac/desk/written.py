"""What the packages below the desk write down in Vietnamese (reasons, titles, letters), as messages to translate.

It is kept as it was written: a letter in Vietnamese was sent in Vietnamese. Here the sources are asked for the lines of
it, so that each becomes a message (context `written`) with its values by name, and `desk/retelling.py` says it in the
language of whoever reads another one.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from vonggac.desk.told import files, is_docstring, template_of

CONTEXT = "written"
PACKAGES = ("cases", "directives", "duty", "botnet", "alerts", "flows")
# The reader of official documents has its words and patterns in Vietnamese too: what it tells has four words or more.
GRAMMARS = tuple(f"formats/congvan/{name}.py" for name in ("clauses", "number", "period", "reading", "remarks"))
_TELLS = re.compile(r"(?:[^\s\\\[]+ ){3}[^\\]*")
# Vietnamese whoever reads it: names that an office changes as it likes, an official paper, mail that no page shows.
NAMES_AND_PAPERS = (
    "duty/presets.py",
    "duty/sheets.py",
    "flows/first_run.py",
    "flows/invitations.py",
    "flows/personal_data.py",
    "flows/report.py",
)
_NAMES = re.compile(r"Vọng Gác|Hà Nội")
# A letter alone (the shift Đ) is a mark and no word.
_WORD = re.compile(r"[^\W\d_]*[^\W\d_a-zA-Z][^\W\d_]+|[^\W\d_]+[^\W\d_a-zA-Z][^\W\d_]*")


def sentences(folder: Path) -> Iterator[tuple[str, Path]]:
    """Each line that is written down, as a template (`là máy chủ`, `bị ghi nhận %(sightings)s lần`), with its file."""
    for package in (*PACKAGES, *GRAMMARS):
        for path in files(folder / package):
            place = path.relative_to(folder).as_posix()
            if "migrations" not in path.parts and place not in NAMES_AND_PAPERS:
                for text in _texts(ast.parse(path.read_text(encoding="utf-8"))):
                    for line in template_of(text).split("\n"):
                        if is_vietnamese(line) and (package in PACKAGES or _TELLS.fullmatch(line)):
                            yield line, path


def is_vietnamese(text: str) -> bool:
    """True where a text holds a word in Vietnamese letters beside the product's and the capital's names."""
    return _WORD.search(_NAMES.sub("", text)) is not None


def _texts(node: ast.AST) -> Iterator[ast.Constant | ast.JoinedStr]:
    """The texts below a node, those inside of others too, without docstrings and the pieces of one."""
    if isinstance(node, ast.Constant | ast.JoinedStr):
        if isinstance(node, ast.JoinedStr) or isinstance(node.value, str):
            yield node
        parts = node.values if isinstance(node, ast.JoinedStr) else []
        inside: list[ast.AST] = [part.value for part in parts if isinstance(part, ast.FormattedValue)]
    else:
        inside = [child for child in ast.iter_child_nodes(node) if not is_docstring(child)]
    for child in inside:
        yield from _texts(child)
