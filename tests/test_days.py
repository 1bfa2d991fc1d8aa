"""A moment is turned into a day by the office's clock: the day of UTC begins at seven in the morning in Hà Nội."""

import ast
import re
from pathlib import Path

import vonggac

ROOT = Path(vonggac.__file__).parent
# Names that hold moments; those that hold local times (`here`, `first`) are written for one.
MOMENTS = re.compile(r"(^|\.)(at|now|before|\w+_at|\w+_utc)$")
# Its files count UTC days, as their format says.
EXERCISE = ROOT / "exercise"


def days_of_utc(tree: ast.AST) -> list[tuple[int, str]]:
    """(line, words) of every moment whose own `.date()` is asked for: that of its zone, which is UTC."""
    return [
        (node.lineno, ast.unparse(node))
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "date"
        if not node.args and MOMENTS.search(ast.unparse(node.func.value))
    ]


def test_no_moment_is_turned_into_a_day_of_utc():
    files = [path for path in ROOT.rglob("*.py") if EXERCISE not in path.parents]
    found = [(str(path.relative_to(ROOT)), *one) for path in files for one in days_of_utc(ast.parse(path.read_text()))]
    assert found == []


def test_a_day_of_utc_would_be_found():
    written = "case.opened_at.date(), local(at).date(), here.date(), frames.of(request).now.date()"
    assert [words for _line, words in days_of_utc(ast.parse(written))] == [
        "case.opened_at.date()", "frames.of(request).now.date()",
    ]  # fmt: skip
