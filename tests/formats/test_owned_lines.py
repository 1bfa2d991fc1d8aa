import io

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vonggac.formats import owned_lines
from vonggac.formats.owned_lines import Place, name_owners
from vonggac.kernel import networks, pieces

REGISTER = networks.compile(
    ["192.0.2.0/24", "192.0.2.128/25", "2001:db8::/32"], ["Sở Y tế", 'Viện "A", cơ sở 2', "Viễn thông"]
)


FIRST = Place()


def owned(text: str, place: Place = FIRST) -> tuple[str, int, int]:
    parts = list(name_owners(io.BytesIO(text.encode()), REGISTER, place))
    written = b"".join(part for part, _, _ in parts).decode()
    return written, sum(count for _, count, _ in parts), sum(read for _, _, read in parts)


def test_a_line_gets_its_owner_and_network_behind_and_the_longest_prefix_wins() -> None:
    text = "192.0.2.7 443 tcp\n203.0.113.1 80 tcp\n192.0.2.200 53 udp\n"
    assert owned(text) == (
        '192.0.2.7 443 tcp\tSở Y tế\t192.0.2.0/24\n'
        '192.0.2.200 53 udp\t"Viện ""A"", cơ sở 2"\t192.0.2.128/25\n',
        2, 3,
    )  # fmt: skip


def test_the_address_may_stand_in_a_later_column_between_runs_of_blanks() -> None:
    written, count, read = owned("2026-11-01   tcp  192.0.2.7:443 ->\n2026-11-01 tcp\n192.0.2.7 a b\n", Place(column=3))
    assert written == "2026-11-01   tcp  192.0.2.7:443 ->\tSở Y tế\t192.0.2.0/24\n"
    assert (count, read) == (1, 3)


def test_with_a_separator_the_owner_follows_behind_it_and_quotes_are_seen_through() -> None:
    written, _, _ = owned('x,"192.0.2.200",9\r\n,,192.0.2.7\r\n', Place(column=2, separator=","))
    assert written == 'x,"192.0.2.200",9,"Viện ""A"", cơ sở 2",192.0.2.128/25\n'


def test_addresses_of_ipv6_and_lines_that_begin_with_blanks_are_read_too() -> None:
    written, count, _ = owned("2001:db8::1 x\n  192.0.2.7 y\n192[.]0[.]2[.]8 z\n2001:db9::1 x\n")
    assert count == 3
    assert [line.split("\t")[1] for line in written.splitlines()] == ["Viễn thông", "Sở Y tế", "Sở Y tế"]


def test_what_only_looks_like_an_address_owns_nothing() -> None:
    assert owned("192.0.2.7.1 x\n192.0.2.256\n192.0.2\n\n192.0.2.7x\n")[1] == 0


def test_a_file_without_a_last_newline_and_an_empty_one_are_read() -> None:
    assert owned("192.0.2.7")[0] == "192.0.2.7\tSở Y tế\t192.0.2.0/24\n"
    assert owned("") == ("", 0, 0)


@given(st.lists(st.sampled_from(["192.0.2.7 a", "10.0.0.1 b", "", "x" * 40]), max_size=30), st.integers(1, 50))
def test_where_the_text_is_cut_into_parts_changes_nothing(lines: list[str], size: int) -> None:
    text = "".join(line + "\n" for line in lines)
    whole = owned(text)
    before = owned_lines.CHUNK_BYTES
    try:
        owned_lines.CHUNK_BYTES = size
        assert owned(text) == whole
    finally:
        owned_lines.CHUNK_BYTES = before
    assert whole[1:] == (sum(line.startswith("192") for line in lines), len(lines))


@given(st.lists(st.integers(0xC0000180, 0xC0000380), max_size=40))
def test_every_owner_is_the_one_that_the_register_names(values: list[int]) -> None:
    addresses = np.array(values, np.uint32)
    text = "".join(f"{'.'.join(map(str, int(one).to_bytes(4)))} x\n" for one in addresses)
    expected = [REGISTER.networks[one] for one in networks.owners(REGISTER, addresses).tolist() if one >= 0]
    assert [line.split("\t")[2] for line in owned(text)[0].splitlines()] == expected


@given(st.lists(st.tuples(st.integers(0, 255), st.integers(0, 90)), max_size=60), st.integers(1, 200))
def test_names_longer_than_their_slot_stand_whole_behind_lines_of_any_length(
    lines: list[tuple[int, int]], slot: int
) -> None:
    names = ["Ủy ban nhân dân xã " + "Hải Vân " * 12, "A", "Sở Thông tin"]
    register = networks.compile([f"192.0.2.{64 * n}/26" for n in range(3)], names)
    before = pieces.SLOT_BYTES
    try:
        pieces.SLOT_BYTES = slot
        text = "".join(f"192.0.2.{last} {'x' * length}\n" for last, length in lines)
        written = b"".join(part for part, _, _ in name_owners(io.BytesIO(text.encode()), register))
    finally:
        pieces.SLOT_BYTES = before
    assert written.decode() == "".join(
        f"192.0.2.{last} {'x' * length}\t{names[last // 64]}\t192.0.2.{last // 64 * 64}/26\n"
        for last, length in lines
        if last < 192
    )


def test_a_line_of_many_chunks_and_a_source_that_gives_little_at_a_time_are_read_whole() -> None:
    class Dripping(io.BytesIO):
        def readinto(self, target: memoryview) -> int:  # type: ignore[override]
            return super().readinto(target[:1000])

    text = b"192.0.2.7 " + b"x" * 50_000 + b"\n203.0.113.1 y\n192.0.2.200 z\n"
    before = owned_lines.CHUNK_BYTES
    try:
        owned_lines.CHUNK_BYTES = 1 << 12
        parts = list(name_owners(Dripping(text), REGISTER))
    finally:
        owned_lines.CHUNK_BYTES = before
    assert [len(line) for line in b"".join(part for part, _, _ in parts).splitlines()] == [50_035, 55]
    assert sum(read for _, _, read in parts) == 3
