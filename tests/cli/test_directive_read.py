"""`vonggac directive read` as a program: no database, no Django, quick to start."""

import hashlib
import json
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest
from click.testing import CliRunner

from vonggac.cli.directive import directive
from vonggac.errors import InputError, UnreadableFile

FOUNDING = resources.files("vonggac.exercise").joinpath("data/chi-dao.txt").read_text(encoding="utf-8")


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    path = tmp_path / "chi-dao.txt"
    path.write_text(FOUNDING, encoding="utf-8")
    return path


def run(*words: str) -> str:
    result = CliRunner().invoke(directive, ["read", *words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_json_is_the_default_and_names_the_file_by_its_digest(paper):
    answer = json.loads(run(str(paper)))
    assert answer["schema"] == 1
    assert answer["sha256"] == hashlib.sha256(paper.read_bytes()).hexdigest()
    assert [document["symbol"] for document in answer["documents"]] == ["UBND-KGVX", "BATM-CGS"]


def test_text_shows_each_document_under_its_own_rule(paper):
    shown = run(str(paper), "--format", "text")
    assert "═══ Văn bản 1 trên 2" in shown
    assert "═══ Văn bản 2 trên 2" in shown
    assert "Trích yếu:" in shown


def test_a_missing_file_says_what_to_check(tmp_path):
    with pytest.raises(InputError, match="check the file"):
        run(str(tmp_path / "absent.pdf"))


def test_help_teaches_by_example():
    shown = run("--help")
    for taught in (".docx", "--format text", "jq", "confidence", "warnings"):
        assert taught in shown


def test_reading_starts_without_django(paper):
    program = (
        "import sys; from vonggac.cli.directive import directive; "
        f"directive(['read', {str(paper)!r}], standalone_mode=False); "
        "print([name for name in ('django', 'duckdb', 'numpy', 'docx') if name in sys.modules], file=sys.stderr)"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )  # our own words
    assert result.stderr.strip() == "[]"


@pytest.mark.parametrize("noise", [bytes(3_000), b"\xef\xbb\xbf" + bytes(3_000), b"\xff\xfe" + bytes(3_000)])
def test_a_file_that_is_no_text_is_refused(tmp_path, noise):
    path = tmp_path / "cong-van.txt"
    path.write_bytes(noise)
    with pytest.raises(UnreadableFile, match=r"cong-van\.txt: no"):
        run(str(path))
