"""The letter that tells an organisation what a botnet list changed for it: its machines and what was seen of them."""

from collections import Counter
from collections.abc import Iterator, Sequence

from vonggac.botnet.models import BotnetList
from vonggac.cases.models import Case, Finding
from vonggac.duty import messages
from vonggac.duty.messages import Draft
from vonggac.flows.local_times import exact
from vonggac.register.models import Organisation

# As many as a letter on a phone still is read to its end; the link shows all of them.
MACHINES_TOLD = 10


def letter(
    organisation: Organisation, botnet_list: BotnetList, changes: Counter[str], case_ids: Sequence[int]
) -> Draft:
    """The letter; `changes`: how many findings were new, still, gone, returned; `case_ids`: of what is to be done."""
    lines = [
        *_counted(botnet_list, changes),
        *_machines(case_ids),
        *(["", messages.ASK] if case_ids else []),
    ]
    wanted = changes["new"] + changes["returned"]
    news = f"{wanted} máy cần xử lý" if wanted else f"{changes['gone']} máy không còn trong danh sách mới"
    subject = f"[Vọng Gác] Danh sách mạng botnet: {news}"
    return Draft(organisation, subject, "\n".join(lines), acknowledges={"case": case_ids} if case_ids else {})


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


def _counted(botnet_list: BotnetList, changes: Counter[str]) -> list[str]:
    earlier = BotnetList.objects.filter(
        sender=botnet_list.sender_id, imported_at__isnull=False, received_at__lt=botnet_list.received_at
    )
    if not earlier.exists():
        return [f"Danh sách {botnet_list.file_name} của {botnet_list.sender.name}: máy mới: {changes['new']}"]
    return [
        f"Danh sách {botnet_list.file_name} của {botnet_list.sender.name}, so với danh sách trước:",
        "",
        f"- máy mới: {changes['new']}",
        f"- vẫn còn: {changes['still']}",
        f"- đã hết: {changes['gone']}",
        f"- có trở lại: {changes['returned']}",
    ]


def _machines(case_ids: Sequence[int]) -> Iterator[str]:
    """A line for each of the first machines, the most urgent first, and how many more the link shows."""
    if not case_ids:
        return
    yield from ("", "Máy cần xử lý (giờ Việt Nam):")
    for case in Case.objects.filter(pk__in=case_ids).order_by("priority", "pk")[:MACHINES_TOLD]:
        newest = case.findings.order_by("-last_seen_utc", "pk").exclude(presence="gone").first()
        yield f"- {case.subject}: {' · '.join(_facts(newest))}" if newest else f"- {case.subject}"
    if rest := max(len(case_ids) - MACHINES_TOLD, 0):
        yield f"- và {rest} máy khác, xem tại liên kết dưới đây"


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
