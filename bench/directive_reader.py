"""200 pages through the directive reader as a whole process: text under 1 s, PDF under 3 s, beside only reading the PDF."""  # noqa: E501  # one rule of the grammar stays in one place

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import typst

PAGES = 200
LINES_A_PAGE = 38
RESULTS = Path(__file__).parent / "results"
HEAD = (
    "ỦY BAN NHÂN DÂN\nTỈNH HẢI VÂN\n\nCỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc\n\n"
    "Số: 12/KH-UBND\n\nHải Vân, ngày 05 tháng 6 năm 2023\n\nKẾ HOẠCH\nBảo đảm an toàn thông tin mạng\n\n"
)
SENTENCE = "Rà soát toàn bộ máy chủ, máy trạm theo Công văn số 1465/BTTTT-CATTT trước ngày 30/9/2023;"


def long_text() -> str:
    """A plan of 200 pages in clauses and points."""
    lines = [HEAD]
    for number in range(1, PAGES * LINES_A_PAGE // 10 + 13):
        lines.append(f"{number}. Nhóm nhiệm vụ {number}:")
        lines += [f"{letter}) {SENTENCE}" for letter in "abcdđeg"]
    return "\n".join(lines)


def timed(*command: str) -> float:
    """Seconds of one whole process; the best of three."""
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        best = min(best, time.perf_counter() - start)
    return best


def main() -> None:
    """Print and store the figures."""
    with tempfile.TemporaryDirectory() as folder:
        text, pdf = Path(folder, "long.txt"), Path(folder, "long.pdf")
        text.write_text(long_text(), encoding="utf-8")
        paged = f"#set page(height: {LINES_A_PAGE * 0.66:.0f}cm)\n#set text(size: 10pt)\n" + "\n\n".join(
            line.replace("#", "").replace("*", "") for line in long_text().splitlines()
        )
        pdf.write_bytes(typst.compile(paged.encode()))
        read = (sys.executable, "-m", "vonggac.cli.__main__", "directive", "read")
        only = "import pypdfium2,sys; d=pypdfium2.PdfDocument(sys.argv[1]); [p.get_textpage().get_text_bounded() for p in d]; print(len(d))"  # noqa: E501  # one rule of the grammar stays in one place
        pages = int(
            subprocess.run((sys.executable, "-c", only, str(pdf)), check=True, capture_output=True, text=True).stdout
        )
        figures = {
            "pages": pages,
            "text_seconds": timed(*read, str(text)),
            "pdf_seconds": timed(*read, str(pdf)),
            "pdf_text_layer_only_seconds": timed(sys.executable, "-c", only, str(pdf)),
        }
    print(
        f"directive_reader text: ours {figures['text_seconds']:.2f} s limit 1.00 s ratio {figures['text_seconds']:.2f}"
    )
    peer = figures["pdf_text_layer_only_seconds"]
    print(
        f"directive_reader pdf ({pages} pages): ours {figures['pdf_seconds']:.2f} s only reading {peer:.2f} s ratio {figures['pdf_seconds'] / peer:.1f}"  # noqa: E501  # one rule of the grammar stays in one place
    )
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "directive_reader.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
