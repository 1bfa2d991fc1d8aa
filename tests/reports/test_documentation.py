import re
from pathlib import Path

from vonggac.reports import layout

DOCS = Path(__file__).parents[2] / "docs"


def test_the_example_of_the_guide_runs_and_writes_both_files(tmp_path, monkeypatch):
    guide = (DOCS / "how-to/write-a-report.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    exec(compile(example, "write-a-report.md", "exec"), {})  # noqa: S102  the guide must be true
    assert (tmp_path / "bao-cao.pdf").read_bytes().startswith(b"%PDF-")
    assert (tmp_path / "bao-cao.docx").read_bytes().startswith(b"PK")


def test_the_reference_gives_the_measures_of_the_code():
    reference = (DOCS / "reference/report-layout.md").read_text(encoding="utf-8")
    assert f"left {layout.MARGIN_LEFT_MM:.0f} mm, right {layout.MARGIN_RIGHT_MM:.0f} mm" in reference
    assert f"line factor {layout.LINE_FACTOR}" in reference
    assert f"first line {layout.FIRST_LINE_MM} mm" in reference
    assert f"rule of {layout.RULE_SHARE} of the line" in reference
    assert f"{layout.TEXT_WIDTH_MM:.0f} mm of the upright page" in reference
