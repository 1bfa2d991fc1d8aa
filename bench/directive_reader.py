"""200 pages through the directive reader as a whole process: text under 1 s, PDF under 3 s, beside only reading the PDF."""  # noqa: E501  # one rule of the grammar stays in one place

import json
import resource
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


def timed(*command: str) -> tuple[float, float]:
    """Seconds by the clock and of the processor of one whole process; the best of three, each."""
    clock = processor = float("inf")
    for _ in range(3):
        start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        clock = min(clock, time.perf_counter() - start)
        processor = min(processor, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return clock, processor


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
        figures: dict[str, float] = {"pages": pages}
        for name, command in (
            ("text", (*read, str(text))),
            ("pdf", (*read, str(pdf))),
            ("pdf_text_layer_only", (sys.executable, "-c", only, str(pdf))),
        ):
            figures[f"{name}_seconds"], figures[f"{name}_processor_seconds"] = timed(*command)
    for name, limit in (("text", 1.0), ("pdf", 3.0)):
        ours, busy = figures[f"{name}_seconds"], figures[f"{name}_processor_seconds"]
        print(
            f"directive_reader {name} ({pages} pages): ours {ours:.2f} s limit {limit:.2f} s ratio {ours / limit:.2f} "
            f"(processor {busy:.2f} s)"
        )
    peer = figures["pdf_text_layer_only_processor_seconds"]
    ratio = figures["pdf_processor_seconds"] / peer
    print(f"directive_reader pdf against only reading its text: processor {peer:.2f} s ratio {ratio:.1f}")
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "directive_reader.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
