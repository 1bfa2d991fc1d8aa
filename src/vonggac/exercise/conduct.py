"""How the units of the province carry the dispatch out: what each answers to each clause, when, and with which paper.

The desk's rules are not asked. What a paper says may differ from what the unit claims: whoever reads it sees that.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from vonggac.exercise.province import Organisation, Province
from vonggac.exercise.subjects import Subject

ALL_OBEY = ("1.a", "1.b", "1.c", "1.d")
NETWORKS_OBEY = ("2.a", "2.b", "2.c", "2.d")
NETWORK_KINDS = frozenset({"telco", "isp", "platform"})
HOSTS_CLAUSE = "1.c"
# Of ten units one says nothing at all, three take days to say that the dispatch came.
SILENT, SLOW = 0.1, 0.4
# What one clause gets: a claim with a paper, a claim alone, “cannot comply”, “not ours”; the rest is still under way.
WITH_PAPER, ALONE, CANNOT, NOT_OURS = 0.55, 0.65, 0.73, 0.77
FALSE_SHARE = 0.25

# Clause → what is claimed, what its paper counts, and the reason of a unit that cannot.
_DONE = {
    "1.a": ("Đã phân công trực 24/7 trong dịp nghỉ lễ.", "Ca trực đã phân công", "Không đủ người trực ban đêm."),
    "1.b": ("Đã cài đặt đủ bản vá cho mọi máy.", "Máy đã cài đủ bản vá", "Phần mềm cũ, hãng đã thôi hỗ trợ."),
    "1.c": ("Đã rà soát, gỡ mã độc trên các máy trong danh sách.", "Máy đã rà quét", "Chưa có công cụ rà quét mã độc."),
    "1.d": ("Đã có phương án ứng phó sự cố và đã diễn tập.", "Hệ thống có phương án", "Phương án đang chờ phê duyệt."),
    "2.a": ("Đã tăng người trực hạ tầng.", "Ca trực đã tăng cường", "Không tuyển kịp người trực."),
    "2.b": ("Đã chặn các địa chỉ theo yêu cầu.", "Địa chỉ đã chặn", "Thiết bị chặn đang bảo hành."),
    "2.c": ("Đã xử lý phản ánh tin nhắn rác, cuộc gọi rác.", "Phản ánh đã xử lý", "Hệ thống phản ánh đang bảo trì."),
    "2.d": ("Đã thực hiện các yêu cầu xử lý.", "Yêu cầu đã thực hiện", "Chưa nhận đủ hồ sơ của yêu cầu."),
}  # fmt: skip
_NOT_OURS = "Việc này do đơn vị cấp trên thực hiện thay."


@dataclass(frozen=True, slots=True)
class Conduct:
    """One word of a unit about one clause, so many hours after the dispatch reached it; `paper` is "" without one.

    `is_true`: whether a claim to have carried the clause out is true; None for another word.
    """

    organisation: str
    clause: str
    after_hours: float
    answer: str
    text: str = ""
    paper: str = ""
    is_true: bool | None = None


def conduct(province: Province, subjects: Sequence[Subject], rng: np.random.Generator) -> list[Conduct]:
    """All words of all units; their head office answers nothing: its own work is the player's."""
    infected = {province.organisations[one.organisation].code for one in subjects if one.truth == "infected"}
    units = [one for one in province.organisations if one.parent]
    tempers = rng.permutation(len(units)) / len(units)
    return [
        word
        for one, temper in zip(units, tempers, strict=True)
        for word in _unit(one, _below(one, province), infected, 1.0 if one.profile == "diligent" else temper, rng)
    ]


def _below(unit: Organisation, province: Province) -> set[str]:
    """The unit and those under it: its clause about hosts is about theirs too."""
    return {unit.code, *(one.code for one in province.organisations if one.parent == unit.code)}


def _unit(
    one: Organisation, whole: set[str], infected: set[str], temper: float, rng: np.random.Generator
) -> Iterator[Conduct]:
    is_diligent = one.profile == "diligent"
    clauses = ALL_OBEY + (NETWORKS_OBEY if one.kind in NETWORK_KINDS else ())
    received = rng.uniform(1, 8) if temper > SLOW else rng.uniform(20, 60)
    draws = rng.random((len(clauses), 3))
    if temper < SILENT:
        return
    for clause, (kind, lie, delay) in zip(clauses, draws, strict=True):
        yield Conduct(one.code, clause, round(received, 2), "received")
        after = round(received + 16 + delay * (90 if temper > SLOW else 180), 2)
        if is_diligent or kind < ALONE:
            is_true = not whole & infected if clause == HOSTS_CLAUSE else bool(is_diligent or lie >= FALSE_SHARE)
            # What a machine shows of the hosts is the desk's to find: no paper tells.
            shows_it = not is_true and clause != HOSTS_CLAUSE
            paper = _paper(one, clause, among=5 + int(delay * 30), is_short=shows_it) if kind < WITH_PAPER else ""
            yield Conduct(one.code, clause, after, "done", _DONE[clause][0], paper, is_true)
        elif kind < CANNOT:
            yield Conduct(one.code, clause, after, "cannot", _DONE[clause][2])
        elif kind < NOT_OURS:
            yield Conduct(one.code, clause, after, "not_ours", _NOT_OURS)


def _paper(one: Organisation, clause: str, *, among: int, is_short: bool) -> str:
    """The report that comes with a claim; its figure is short of the whole where the claim is not true."""
    claimed, counted, _ = _DONE[clause]
    done = among - 1 - among // 3 if is_short else among
    lines = (
        one.name.upper(), "", "BÁO CÁO KẾT QUẢ THỰC HIỆN (diễn tập)", f"Điểm {clause} của văn bản chỉ đạo", "",
        claimed, f"{counted}: {done}/{among}.", "", f"Người lập: Cán bộ CNTT {one.name}",
    )  # fmt: skip
    return "\n".join(lines) + "\n"


def answer_rows(words: Sequence[Conduct]) -> Iterator[tuple[object, ...]]:
    """`answers.csv`, in the order of the units."""
    yield "organisation", "clause", "after_hours", "answer", "text", "file"
    for one in words:
        yield one.organisation, one.clause, one.after_hours, one.answer, one.text, paper_name(one)


def paper_name(one: Conduct) -> str:
    """The file below `answers/` that comes with a claim, "" for none."""
    return f"{one.organisation}-{one.clause}.txt" if one.paper else ""
