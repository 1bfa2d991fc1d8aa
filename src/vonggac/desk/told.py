"""What the packages below the desk say to people when they refuse a file, a line or an act, as messages to translate.

They say it in English, with the values in the middle of an f-string, and know nothing of languages: a reader runs
without Django. Here the sources are asked for those sentences, so that each becomes a message (context `told`) with
its values by name, and `desk/retelling.py` says it in the language of whoever reads.
"""

import ast
import builtins
import re
from collections.abc import Iterator
from pathlib import Path

CONTEXT = "told"
PACKAGES = (
    "kernel", "formats", "lake", "tenancy", "register", "cases", "directives", "duty", "botnet", "alerts", "reports",
    "flows", "exercise/desk.py", "server/health.py",
)  # fmt: skip
# In these every sentence in a function is a reason, also one that is not raised on the spot; elsewhere only what is
# raised. The grammar of official documents speaks Vietnamese itself.
READERS = (
    "formats",
    "register/imports",
    "register/references.py",
    "register/tenure.py",
    "register/services/refusals.py",
    "server/health.py",
)
SILENT = ("formats/congvan",)
# Reasons that stand in a table at the top of their module.
TABLES = ("formats/documents.py", "register/services/refusals.py")
_WORDS = re.compile(r"[a-z]{2,},? [a-z]{2,}|%\(\w+\)s.* [a-z]{2,} |(?:^| )[a-z]{2,} [^a-z]?%\(")


def sentences(folder: Path) -> Iterator[tuple[str, Path]]:
    """Each sentence as a template (`%(filename)s is compressed; unpack it first`) with the file that says it."""
    for package in PACKAGES:
        for path in files(folder / package):
            place = path.relative_to(folder).as_posix()
            if "migrations" not in path.parts and not place.startswith(SILENT):
                for template in _of_file(ast.parse(path.read_text(encoding="utf-8")), place):
                    yield template, path


def files(place: Path) -> list[Path]:
    """The sources of a package, or the one module; none where nothing is."""
    return sorted(place.rglob("*.py")) if place.is_dir() else [place] * place.exists()


def _of_file(tree: ast.Module, place: str) -> Iterator[str]:
    roots: list[ast.AST] = [
        node
        for node in ast.walk(tree)
        if (isinstance(node, ast.Raise) and not _is_ours_alone(node)) or _is_failure(node)
    ]
    if place.startswith(READERS):
        roots = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    if place in TABLES:
        roots = [tree]
    found = {id(node): node for root in roots for node in _texts(root)}
    for node in found.values():
        template = template_of(node)
        if _WORDS.search(template):
            yield template


def _is_failure(node: ast.AST) -> bool:
    """True for why a letter did not go out: nothing is raised, and people read it beside the letter."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Failure"


def _is_ours_alone(node: ast.Raise) -> bool:
    """True for an error of Python itself: it tells a programmer, not whoever sits at the desk."""
    raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    return isinstance(raised, ast.Name) and hasattr(builtins, raised.id)


def _texts(root: ast.AST) -> Iterator[ast.Constant | ast.JoinedStr]:
    """The outermost texts below a node, without docstrings and patterns."""
    if isinstance(root, ast.Constant | ast.JoinedStr):
        if isinstance(root, ast.JoinedStr) or isinstance(root.value, str):
            yield root
        return
    # What is compared or searched for is nobody's sentence.
    if isinstance(root, ast.Compare) or (isinstance(root, ast.Call) and ast.unparse(root.func).startswith("re.")):
        return
    for child in ast.iter_child_nodes(root):
        if not is_docstring(child):
            yield from _texts(child)


def is_docstring(node: ast.AST) -> bool:
    """True for a text that stands alone: it is for programmers."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def template_of(node: ast.Constant | ast.JoinedStr) -> str:
    """The text as a message: values by name, per cent signs doubled."""
    if isinstance(node, ast.Constant):
        return str(node.value).replace("%", "%%")
    names: list[str] = []
    parts = []
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            names.append(_name(part.value, names))
            parts.append(f"%({names[-1]})s")
        elif isinstance(part, ast.Constant):
            parts.append(str(part.value).replace("%", "%%"))
    return "".join(parts)


def _name(value: ast.expr, taken: list[str]) -> str:
    """A name for a value: the last word of the first thing that its expression names."""
    named = next((node for node in ast.walk(value) if isinstance(node, ast.Attribute | ast.Name)), None)
    word = named.attr if isinstance(named, ast.Attribute) else named.id if isinstance(named, ast.Name) else "value"
    word = word.strip("_").lower()
    if word in {"join", "len", "sorted"}:
        inner = [node.id for node in ast.walk(value) if isinstance(node, ast.Name) and node.id not in {"len", "sorted"}]
        word = inner[0].lower() if inner else "value"
    return word if word not in taken else f"{word}{taken.count(word) + 1}"
