"""The letter that tells an organisation what a botnet list changed for it: its machines and what was seen of them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import F

from vonggac.botnet.models import BotnetList
from vonggac.cases.models import Case, Finding
from vonggac.duty import messages
from vonggac.duty.messages import Draft
from vonggac.flows.local_times import exact
from vonggac.register.models import Organisation

# As many as a letter on a phone still is read to its end; the link shows all of them.
MACHINES_TOLD = 10
LONGEST_FACT = 80


@dataclass(frozen=True, slots=True)
class Told:
    """Whom a list concerns: how many findings were new, still, gone, returned, and the cases of what is to be done."""

    organisation: Organisation
    changes: Counter[str]
    case_ids: Sequence[int]
    """The most urgent first."""


def letters(botnet_list: BotnetList, told: Sequence[Told]) -> list[Draft]:
    """One letter each; what they name is fetched for all of them together."""
    earlier = BotnetList.objects.filter(
        sender=botnet_list.sender_id, imported_at__isnull=False, received_at__lt=botnet_list.received_at
    )
    is_first = not earlier.exists()
    lines = _machines(botnet_list, [case_id for one in told for case_id in one.case_ids[:MACHINES_TOLD]])
    return [_letter(botnet_list, one, lines, is_first=is_first) for one in told]


def _letter(botnet_list: BotnetList, told: Told, lines: Mapping[int, str], *, is_first: bool) -> Draft:
    changes, case_ids = told.changes, told.case_ids
    body = [*_counted(botnet_list, changes, is_first=is_first), *_to_handle(case_ids, lines)]
    wanted = changes["new"] + changes["returned"]
    news = f"{wanted} máy cần xử lý" if wanted else f"{changes['gone']} máy không còn trong danh sách mới"
    subject = f"[Vọng Gác] Danh sách mạng botnet: {news}"
    return Draft(told.organisation, subject, "\n".join(body), acknowledges={"case": case_ids} if case_ids else {})


def one_line(foreign: str) -> str:
    """Text of a list or log for an official letter: on one line, and too short to tell anything else."""
    return " ".join(foreign.split())[:LONGEST_FACT]


def place(finding: Finding) -> str:
    """`203.0.113.9:40001/tcp`, `[2001:db8::1]:53`: the address as the list saw it, with its source port."""
    port = finding.detail.get("port")
    if port is None:
        return finding.subject
    protocol = f"/{name}" if (name := finding.detail.get("protocol")) else ""
    address = f"[{finding.subject}]" if ":" in finding.subject else finding.subject
    return f"{address}:{port}{protocol}"


def control_server(finding: Finding) -> str:
    """The C2 that the machine called, name first; "" where the list does not say."""
    told = (finding.detail.get("destination_host"), finding.detail.get("destination_address"))
    return " ".join(one for one in told if one)


def inner_address(finding: Finding) -> str:
    """The address of the machine inside its network; "" where nobody knows it, or where it is the listed one."""
    inner = finding.detail.get("inner_address") or ""
    return "" if inner == finding.subject else str(inner)


def _counted(botnet_list: BotnetList, changes: Counter[str], *, is_first: bool) -> list[str]:
    file_name, name = one_line(botnet_list.file_name), one_line(botnet_list.sender.name)
    if is_first:
        return [f"Danh sách {file_name} của {name}: máy mới: {changes['new']}"]
    return [
        f"Danh sách {file_name} của {name}, so với danh sách trước:",
        "",
        f"- máy mới: {changes['new']}",
        f"- vẫn còn: {changes['still']}",
        f"- đã hết: {changes['gone']}",
        f"- có trở lại: {changes['returned']}",
    ]


def _to_handle(case_ids: Sequence[int], lines: Mapping[int, str]) -> Iterator[str]:
    """A line for each of the first machines, how many more the link shows, and the link."""
    if not case_ids:
        return
    yield from ("", "Máy cần xử lý (giờ Việt Nam):")
    yield from (lines[case_id] for case_id in case_ids[:MACHINES_TOLD])
    if rest := max(len(case_ids) - MACHINES_TOLD, 0):
        yield f"- và {rest} máy khác, xem tại liên kết dưới đây"
    yield from ("", messages.ASK)


def _machines(botnet_list: BotnetList, case_ids: Sequence[int]) -> dict[int, str]:
    """A line for each case, with what this list saw of it last."""
    seen = (
        Finding.objects.filter(case__in=case_ids, source=botnet_list.sender.name, seen_in=botnet_list.pk)
        .exclude(presence="gone")
        .order_by("case_id", F("last_seen_utc").desc(nulls_last=True), "pk")
        .distinct("case_id")
    )
    facts = {finding.case_id: " · ".join(map(one_line, _facts(finding))) for finding in seen}
    named = Case.objects.filter(pk__in=case_ids).values_list("pk", "subject")
    return {pk: f"- {': '.join(filter(None, (one_line(subject), facts.get(pk))))}" for pk, subject in named}


def _facts(finding: Finding) -> Iterator[str]:
    yield place(finding)
    if finding.family:
        yield finding.family
    if inner := inner_address(finding):
        yield f"địa chỉ bên trong {inner}"
    if finding.last_seen_utc:
        yield f"thấy lần cuối {exact(finding.last_seen_utc)}"
    if server := control_server(finding):
        yield f"C2 {server}"
