import io
import zipfile

import openpyxl
import pytest

from vonggac.errors import LimitExceeded, UnreadableFile
from vonggac.formats import tables
from vonggac.formats.limits import Limits
from vonggac.formats.tables import Table


def read(text: str, filename: str = "table.csv", **options: object) -> Table:
    return tables.read_table(text.encode(), filename, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found(separator: str) -> None:
    table = read("\n".join(separator.join(row) for row in (["code", "name"], ["a", "b"], ["c", "d"])))
    assert (table.columns, table.rows, table.separator) == (["code", "name"], [["a", "b"], ["c", "d"]], separator)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_the_encoding_is_found(encoding: str) -> None:
    table = tables.read_table("mã,tên đơn vị\na,Sở Y tế\n".encode(encoding), "table.csv")
    assert (table.columns, list(table.rows)) == (["mã", "tên đơn vị"], [["a", "Sở Y tế"]])


def test_the_vietnamese_code_page_is_found_and_its_marks_are_composed() -> None:
    decomposed = "code,name\na,So\u031b\u0309 Y te\u0302\u0301\n".replace("o\u031b", "ơ").replace("e\u0302", "ê")
    table = tables.read_table(decomposed.encode("cp1258"), "table.csv")
    assert table.rows[0][1] == "Sở Y tế"
    assert table.encoding == "cp1258"


def test_a_few_damaged_bytes_leave_a_file_utf_8() -> None:
    content = ("code,name\n" + "a,đơn vị ở tỉnh\n" * 50).encode() + b"b,\xff\n"
    table = tables.read_table(content, "table.csv")
    assert table.rows[0] == ["a", "đơn vị ở tỉnh"]
    assert table.rows[-1] == ["b", "\ufffd"]


def test_quoted_cells_hold_separators_quotes_and_line_breaks() -> None:
    table = read('code,name\na,"x, ""y"""\nb,"two\nlines"\nc,last\n')
    assert table.rows == [["a", 'x, "y"'], ["b", "two\nlines"], ["c", "last"]]
    assert list(table.line_numbers) == [2, 3, 5]


def test_a_quote_that_never_closes_costs_its_own_line_only() -> None:
    table = read('code,name\na,b\nc,"d\n' + "e,f\n" * 300)
    assert len(table.rows) == 301
    assert [(one.line, one.raw) for one in table.rejects] == [(3, 'c,"d')]


def test_titles_comments_and_blank_lines_above_the_header_are_passed_over() -> None:
    table = read("Danh sách đơn vị,,\n# note\n\nSTT,code,name\n1,a,b\n2,c,d\n")
    assert table.columns == ["STT", "code", "name"]
    assert (table.header_line, list(table.line_numbers)) == (4, [5, 6])


def test_a_header_whose_first_column_is_a_hash_is_no_comment() -> None:
    assert read("#,code,name\n1,a,b\n2,c,d\n").columns == ["#", "code", "name"]


def test_a_hash_inside_a_cell_is_no_comment() -> None:
    assert read("name,code\nLinux #1,a\nC#,b\n").rows[0] == ["Linux #1", "a"]


def test_a_table_without_header_has_numbered_columns() -> None:
    table = read("192.0.2.1\t7\n192.0.2.2\t9\n")
    assert (table.has_header, table.columns, len(table.rows)) == (False, ["1", "2"], 2)


def test_a_plain_list_has_one_column() -> None:
    table = read("192.0.2.1\r\n# no\r\n192.0.2.2\r\n", "list.txt")
    assert (list(table.rows), list(table.line_numbers), table.separator) == (
        [["192.0.2.1"], ["192.0.2.2"]],
        [1, 3],
        None,
    )


def test_short_rows_are_filled_and_long_rows_are_rejects_unless_they_may_be_cut() -> None:
    text = "code,name\na\nb,Health, province\nc,d,,\n"
    table = read(text)
    assert table.rows == [["a", ""], ["c", "d"]]
    assert [one.line for one in table.rejects] == [3]
    assert read(text, surplus="keep").rows == [["a", ""], ["b", "Health"], ["c", "d"]]


def test_equal_and_empty_column_names_are_told_apart() -> None:
    assert read("ip,ip,,name,ip\na,b,c,d,e\n").columns == ["ip", "ip (2)", "3", "name", "ip (3)"]


def test_cells_are_stripped_unless_asked_otherwise() -> None:
    assert read("code , name\n a , b \n").rows == [["a", "b"]]
    assert list(read("code,name\n a , b \n", strip=False).rows) == [[" a ", " b "]]


def test_a_column_and_the_records_are_found_by_name() -> None:
    for strip in (True, False):
        table = read("code,name\na,b\nc,d\n", strip=strip)
        assert table.column("name") == ["b", "d"]
        assert list(table.records()) == [(2, {"code": "a", "name": "b"}), (3, {"code": "c", "name": "d"})]
        assert table.rows[-1] == ["c", "d"]
        with pytest.raises(KeyError):
            table.column("other")


@pytest.mark.parametrize("content", [b"", b"\n\n", b"# only a comment\n", "\ufeff".encode()])
def test_an_empty_file_is_an_empty_table(content: bytes) -> None:
    assert tables.read_table(content, "table.csv") == Table([], [], [], has_header=False)


def test_the_limits_hold() -> None:
    with pytest.raises(LimitExceeded, match="rows"):
        read("a,b\n" * 11, limits=Limits(rows=10))
    with pytest.raises(LimitExceeded, match="columns"):
        read(",".join("abcdef") + "\n", limits=Limits(columns=5))
    with pytest.raises(LimitExceeded, match="MiB"):
        read("a,b\n1,2\n", limits=Limits(content_bytes=5))


def test_a_row_with_a_cell_that_is_too_long_is_a_reject_or_keeps_the_beginning() -> None:
    text = "a,b\n1,2\n" + f'"{"x" * 200_000}",2\n3,4\n'
    refused = read(text)
    assert [(one.line, one.reason, len(one.raw)) for one in refused.rejects] == [(3, "a cell is too long", 1_000)]
    assert refused.rows == [["1", "2"], ["3", "4"]]
    assert refused.cut == []
    kept = tables.read_table(text.encode(), "a.csv", surplus="keep")
    assert kept.rejects == []
    assert [(len(first), second) for first, second in kept.rows] == [(1, "2"), (131_072, "2"), (1, "4")]
    assert [(one.line, one.column, len(one.raw)) for one in kept.cut] == [(3, "a", 1_000)]


@pytest.mark.parametrize("titles", [1, 4, 8, 25])
@pytest.mark.parametrize("rows", [1, 2, 30])
def test_the_header_is_found_below_titles_however_few_rows_follow(titles: int, rows: int) -> None:
    text = "Danh sách máy,,,\n" * titles + "STT,Địa chỉ,Ngày,Mã độc\n" + "1,203.0.113.5,2024-04-15,m\n" * rows
    table = read(text)
    assert (table.header_line, table.columns) == (titles + 1, ["STT", "Địa chỉ", "Ngày", "Mã độc"])
    assert len(table.rows) == rows


@pytest.mark.parametrize("quote", ["", '"'])
@pytest.mark.parametrize("blank", [",,", " ,,", "\t, , "])
def test_rows_of_separators_alone_are_blank_lines(quote: str, blank: str) -> None:
    table = read(f"a,b,c\n{blank}\n{quote}1{quote},2,\n{blank}\n,,4\n{blank}\n")
    assert (table.rows, list(table.line_numbers)) == ([["1", "2", ""], ["", "", "4"]], [3, 5])


@pytest.mark.parametrize(
    "content",
    [b"\xd0\xcf\x11\xe0rest", b"%PDF-1.7", b"\x1f\x8b\x08", b"\x7fELF\x02\x01\x01" + bytes(41), b"PK\x03\x04broken"],
)
def test_what_is_no_table_is_refused_with_a_way_out(content: bytes) -> None:
    with pytest.raises(UnreadableFile, match=r"save|ask|unpack|hand in"):
        tables.read_table(content, "file")


def workbook(rows: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def repack(content: bytes, name: str, part: bytes) -> bytes:
    """The workbook with one part replaced."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.namelist():
            new.writestr(member, part if member == name else old.read(member))
    return target.getvalue()


def test_a_workbook_is_read_with_its_own_row_numbers() -> None:
    table = tables.read_table(workbook([["Title"], [], ["code", "số"], ["a", 4.0], [], ["b", 1.5]]), "a.xlsx")
    assert (table.columns, table.rows) == (["code", "số"], [["a", "4"], ["b", "1.5"]])
    assert (list(table.line_numbers), table.sheet) == ([4, 6], "Sheet")


def test_a_zip_bomb_is_refused_by_its_directory() -> None:
    bomb = repack(workbook([["a"]]), "xl/worksheets/sheet1.xml", b" " * (8 << 20))
    with pytest.raises(LimitExceeded, match="zip bomb"):
        tables.read_table(bomb, "a.xlsx")
    with pytest.raises(LimitExceeded, match="unpacked"):
        tables.read_table(bomb, "a.xlsx", Limits(expanded_bytes=1 << 20))


def test_an_xml_bomb_is_refused() -> None:
    entity = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><worksheet>&b;</worksheet>'
    with pytest.raises(UnreadableFile, match="document type"):
        tables.read_table(repack(workbook([["a"]]), "xl/worksheets/sheet1.xml", entity), "a.xlsx")


def test_an_archive_that_is_no_workbook_is_refused() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("list.csv", "a,b")
    with pytest.raises(UnreadableFile, match="unpack it"):
        tables.read_table(target.getvalue(), "list.zip")


@pytest.mark.parametrize("cell", ["=1+1", "+84", "-x", "@SUM(A1)", "\tx", "\rx"])
def test_no_cell_of_an_export_is_a_formula(cell: str) -> None:
    assert ("'" + cell).encode() in tables.write_csv(["name"], [[cell]])
    book = openpyxl.load_workbook(io.BytesIO(tables.write_xlsx(["name"], [[cell]])))
    assert book.active["A2"].data_type == "s"


def test_what_is_written_is_read_back() -> None:
    columns, rows = ["mã", "tên"], [["a", "Sở Y tế, tỉnh"], ["b", 'say "x"']]
    for content in (
        tables.write_csv(columns, rows),
        tables.write_csv(columns, rows, byte_order_mark=True),
        tables.write_xlsx(columns, rows),
    ):
        table = tables.read_table(content, "file")
        assert (table.columns, list(table.rows)) == (columns, rows)


def test_numbers_and_nothing_are_written_as_they_are() -> None:
    assert tables.write_csv(["a", "b"], [[-1, None]]) == b"a,b\r\n-1,\r\n"
