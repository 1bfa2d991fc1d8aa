"""Every format and page is documented, every link of the documentation leads somewhere, no foreign host is named."""

import ast
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.urls import URLResolver, get_resolver

from vonggac.desk import catalogue

REPOSITORY = Path(__file__).resolve().parents[1]
DOCS = REPOSITORY / "docs"
PAGES = [*DOCS.rglob("*.md"), *REPOSITORY.glob("*.md")]
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")


def test_every_format_stands_in_the_reference():
    text = (DOCS / "reference" / "formats.md").read_text()
    modules = {path.stem for path in (REPOSITORY / "src/vonggac/formats").iterdir() if path.stem[0] != "_"}
    assert {name for name in modules if f"`{name}`" not in text} == set()


def patterns(resolver: URLResolver, prefix: str = "/") -> Iterator[str]:
    for pattern in resolver.url_patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from patterns(pattern, path)
        else:
            yield path


def test_every_page_stands_in_the_reference():
    text = (DOCS / "reference" / "desk-pages.md").read_text()
    first_words = {re.split(r"[/<^]", path.lstrip("/"))[0] for path in patterns(get_resolver())} - {""}
    assert {word for word in first_words if f"`/{word}" not in text} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_every_link_of_a_page_leads_to_a_file(page):
    broken = [target for target in LINK.findall(page.read_text()) if not (page.parent / target).exists()]
    assert broken == []


VIETNAMESE = re.compile(r"[^\W\d_a-zA-Z]")


def test_every_button_and_page_that_the_documentation_names_is_called_so_at_the_desk():
    answers = catalogue.read_po(catalogue.po_file("vi").read_text("utf-8")).values()
    # A name that carries a value is written without it: `Tìm người trực thay trong thời gian nghỉ %(span)s`.
    shown = {text.partition("%(")[0].strip(" .:").lower() for texts in answers for text in texts}
    named = [
        (page.relative_to(REPOSITORY).as_posix(), part)
        for page in DOCS.rglob("*.md")
        if "adr" not in page.parts and page.name != "write-a-report.md"
        for bold in re.findall(r"\*\*([^*\n]+)\*\*", page.read_text("utf-8"))
        for part in (word.strip(" .:…") for word in bold.split(" → "))
        if VIETNAMESE.search(part)
    ]
    assert len(named) > 50
    assert [(page, part) for page, part in named if part.lower() not in shown] == []


def is_explained(node: ast.AST) -> bool:
    """True of a module, class or function that begins with a text alone."""
    described = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return isinstance(node, described) and isinstance(next(iter(node.body), None), ast.Expr)


def is_decorated(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and bool(node.decorator_list)


def texts_for_people(path: Path) -> Iterator[str]:
    """What a source may say to people: all of a template or catalogue; of a module all texts but its docstrings.

    The docstring of a decorated function counts: commands and addresses of the interface tell it as their help.
    """
    source = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        yield source
        return
    tree = ast.parse(source)
    for_readers = {id(node.body[0].value) for node in ast.walk(tree) if is_explained(node) and not is_decorated(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in for_readers:
            yield node.value


SAYING = [path for path in (REPOSITORY / "src").rglob("*.*") if path.suffix in {".py", ".html", ".txt", ".po", ".toml"}]
LEADS_AWAY = re.compile(r"\bdocs/[a-z-]+/")


def test_no_text_for_people_leads_to_a_path_of_the_repository():
    """Who uses a desk has not the repository: a refusal says itself what is needed, or names a command that does."""
    assert {path.name for path in SAYING if any(map(LEADS_AWAY.search, texts_for_people(path)))} == set()


def test_a_text_that_leads_there_is_noticed(tmp_path):
    module = tmp_path / "said.py"
    module.write_text(
        '"""Format: docs/reference/a.md."""\n\n\n@command\ndef one():\n    """See docs/reference/b.md."""\n\n\n'
        'def two(name):\n    """docs/adr/1"""\n    raise InputError(f"{name}: see docs/reference/c.md")\n'
    )
    assert list(filter(LEADS_AWAY.search, texts_for_people(module))) == [
        "See docs/reference/b.md.",
        ": see docs/reference/c.md",
    ]


def test_every_decision_has_a_number_of_its_own():
    numbers = Counter(path.name[:4] for path in (DOCS / "adr").iterdir())
    assert [number for number, times in numbers.items() if times > 1] == []


def test_every_dependency_has_its_reason():
    text = (DOCS / "adr" / "0002-dependencies.md").read_text().lower()
    declared = re.search(
        r"^dependencies = \[(.*?)^\]", (REPOSITORY / "pyproject.toml").read_text(), re.DOTALL | re.MULTILINE
    )[1]
    names = {re.split(r"[\[>=<]", name)[0].lower() for name in re.findall(r'"([^"]+)"', declared)}
    assert {name for name in names if name not in text} == set()


def test_the_repository_names_no_registry_host_and_no_machine():
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=REPOSITORY, capture_output=True, text=True, check=True
    ).stdout.split()
    hosts = re.compile(
        "|".join((r"pypi\." + "org", r"pythonhosted\." + "org", r"deb\.debian\." + "org", "registry.npmjs" + ".org"))
    )
    found = []
    for name in tracked:
        path = REPOSITORY / name
        if path.suffix in {".ttf", ".png", ".mo"} or not path.is_file():
            continue
        if hosts.search(path.read_text(errors="replace")):
            found.append(name)
    assert found == []
