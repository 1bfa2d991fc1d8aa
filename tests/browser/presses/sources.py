"""The buttons by which files come in: registers, rosters, lists, logs; and who says that they are there."""

import re
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page

from tests.browser.presses.press import Press, Stage, choose, open_form
from vonggac.botnet.models import BotnetList, Settling
from vonggac.duty.models import Shift
from vonggac.flows import botnet_list
from vonggac.flows.uploads import lake
from vonggac.register.models import Contact, Network, Organisation, SensorCoverage, TakenBackLog
from vonggac.tenancy.scope import scoped, system

LIST = b"ip,timestamp,infection\n203.0.113.5,2026-04-19 01:00:00,mirai\nnot-an-address,2026-04-19 01:00:00,mirai\n"
NETWORKS = b"network,organisation\n203.0.113.0/26,so-y-te\n"
SENSORS = "name,kind,organisation,networks,silence\nbien,flow,hai-van,203.0.113.0/24,heartbeat\n"
PICTURE = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
FLOWS = b"time_utc,source_address,destination_address\n2026-04-20T01:00:00Z,203.0.113.7,198.51.100.7\n"


def roster(stage: Stage) -> bytes:
    """Hà on duty from the hour before now to the day after."""
    begin, end = stage.at.strftime("%Y-%m-%dT%H:00:00Z"), stage.at.replace(year=stage.at.year + 1)
    return f"post,from_utc,to_utc,person,skill\nTrực đêm,{begin},{end:%Y-%m-%dT%H:00:00Z},Hà,truc_ban\n".encode()


def on_duty(stage: Stage) -> None:
    preview = stage.post("ha", "/roster/import/", file=roster(stage)).headers["Location"]
    stage.post("ha", "/roster/import/apply/", token=parse_qs(urlsplit(preview).query)["token"][0])


def is_there(stage: Stage) -> bool:
    with scoped(system("tests")):
        return Shift.objects.filter(person=stage.people.people["ha"], checked_in_at__isnull=False).count() == 1


def hand_list_in(page: Page, sender: str = "Bên gửi A") -> None:
    page.locator("[name=sender]").fill(sender)
    choose(page, LIST, "list.csv")
    page.locator("form[action='/lists/upload/'] button").click()


def look_again(page: Page) -> None:
    hand_list_in(page)
    page.locator("[name=time_zone]").select_option("Asia/Ho_Chi_Minh")
    page.locator("form[action^='/lists/preview/'] button").click()


def confirm(page: Page) -> None:
    hand_list_in(page)
    page.locator("form[action='/lists/confirm/'] button").click()


def of_a_known_sender(page: Page) -> None:
    """A list under a name that is nearly the one of a sender whose list came before."""
    hand_list_in(page, sender="bên gửi c.")
    page.get_by_role("button", name="Đây là danh sách của Bên gửi C").click()


UNREAD = b"ip,dst_ip\n203.0.113.5,198.51.100.9?\n203.0.113.0006,198.51.100.7\n"


def with_unread(stage: Stage) -> None:
    with_networks(stage)
    hand_unread_in(stage)


def hand_unread_in(stage: Stage) -> None:
    """A list with a C2 and an address that cannot be read, carried out."""
    preview = stage.post("ha", "/lists/upload/", sender="Bên gửi C", file=UNREAD).headers["Location"]
    stage.post("ha", "/lists/confirm/", sha256=preview.split("/")[3])
    botnet_list.carry_out_entered(newest_list(), "system:tests", "")


def with_settled(stage: Stage) -> None:
    with_networks(stage)
    settle_first(stage)


def settle_first(stage: Stage) -> None:
    """One of the two settled, the other still waiting."""
    hand_unread_in(stage)
    page = stage.client("ha").get(f"/lists/{newest_list()}/").content.decode()
    action = re.search(r'action="(/lists/\d+/unread/\d+/settle)"', page)[1]
    stage.post("ha", action, settle="meant", meant="198.51.100.9")


def newest_list() -> int:
    with scoped(system("tests")):
        return BotnetList.objects.latest("pk").pk


def at_newest_list(_stage: Stage) -> str:
    return f"/lists/{newest_list()}/"


def settle_as(field: str, text: str):
    """Opens the first that waits, fills one of its two forms in, and sends it."""

    def press(page: Page) -> None:
        page.locator("#unread details.act summary").first.click()
        form = page.locator("#unread details.act").first.locator(f"form:has([name={field}])")
        form.locator(f"[name={field}]").fill(text)
        form.locator("button").click()

    return press


def stands(*meant: str, withdrawn: bool = False):
    def holds(_stage: Stage) -> bool:
        with scoped(system("tests")):
            found = Settling.objects.get()
        return (found.meant, found.withdrawn_at is not None) == (list(meant), withdrawn)

    return holds


def lists(number: int):
    def holds(_stage: Stage) -> bool:
        with scoped(system("tests")):
            return BotnetList.objects.count() == number

    return holds


def with_networks(stage: Stage) -> None:
    stage.register("networks", NETWORKS.decode())


def with_sensor(stage: Stage) -> None:
    stage.register("sensors", SENSORS)


def hand_logs_in(page: Page) -> None:
    choose(page, FLOWS, "flows.csv", "form[action$='/import']")
    page.locator("form[action$='/import'] button").click()


def hand_signs_in(page: Page) -> None:
    beats = b"sensor,from_utc,to_utc\nbien,2026-04-20T00:00:00Z,2026-04-20T05:00:00Z\n"
    choose(page, beats, "heartbeats.csv", "form[action$='/coverage']")
    page.locator("form[action$='/coverage'] button").click()


def hand_picture_in(page: Page) -> None:
    choose(page, PICTURE, "photo.png", "form[action$='/import']")
    page.locator("form[action$='/import'] button").click()
    page.locator("form[action*='/import/'] button").click()
    page.locator("details:has(form[action$='/take-back'])").wait_for()


def take_picture_back(page: Page) -> None:
    hand_picture_in(page)
    form = page.locator("form[action$='/take-back']")
    page.locator("details:has(form[action$='/take-back']) summary").click()
    form.locator("[name=reason]").fill("chọn nhầm ảnh")
    form.locator("button").click()


def put_picture_back(page: Page) -> None:
    take_picture_back(page)
    page.locator("td form[action$='/put-back'] button").click()


def taken_back(number: int):
    def holds(_stage: Stage) -> bool:
        with scoped(system("tests")):
            return TakenBackLog.objects.filter(put_back_at=None).count() == number

    return holds


def has_logs(_stage: Stage) -> bool:
    return [entry.sensor for entry in lake().imports()] == ["bien"]


def is_covered(_stage: Stage) -> bool:
    with scoped(system("tests")):
        return SensorCoverage.objects.filter(sensor__name="bien").count() == 1


def preview_networks(page: Page) -> None:
    choose(page, NETWORKS, "networks.csv")
    page.locator("form[enctype] button").click()


def apply_networks(page: Page) -> None:
    preview_networks(page)
    page.locator("form[action$='/apply'] button").click()


def networks(number: int):
    def holds(_stage: Stage) -> bool:
        with scoped(system("tests")):
            return Network.objects.count() == number

    return holds


def unit(stage: Stage) -> str:
    """The page of the health department."""
    return f"/register/organisations/{stage.people.organisations['so-y-te'].pk}/"


def with_contact(stage: Stage) -> None:
    stage.register("contacts", "name,organisation,phones\nĐầu mối sở,so-y-te,024 114\n")


def rename(page: Page) -> None:
    details = open_form(page, "change")
    details.locator("[name=name]").fill("Sở Y tế Hải Vân")
    details.locator("button").click()


def correct_contact(page: Page) -> None:
    details = page.locator("details.act:has(input[type=hidden][value='Đầu mối sở'])")
    details.locator("summary").click()
    details.locator("[name=phones]").fill("024 115")
    details.locator("button").click()


def add_contact(page: Page) -> None:
    details = open_form(page, "contact")
    details.locator("[name=name]").fill("Trực ban sở")
    details.locator("[name=phones]").fill("024 116")
    details.locator("button").click()


def rings(*phones: str):
    def holds(_stage: Stage) -> bool:
        with scoped(system("tests")):
            return list(Contact.objects.order_by("pk").values_list("phones", flat=True)) == [[each] for each in phones]

    return holds


def is_called(name: str):
    def holds(_stage: Stage) -> bool:
        with scoped(system("tests")):
            return Organisation.objects.get(code="so-y-te").name == name

    return holds


def at(path: str):
    return lambda _stage: path


SOURCES = (
    Press(
        "now/page.html check-in", "ha", at("/"), lambda page: page.locator("form[action*='check-in'] button").click(),
        "shift.check_in", is_there, "minh", at("/"), "đã có mặt", before=on_duty,
    ),
    Press(
        "register/import.html itself", "ha", at("/register/networks/import"), preview_networks, "", networks(0), "minh",
        at("/register/networks/"), "Chưa có gì",
    ),
    Press(
        "register/preview.html register-apply", "ha", at("/register/networks/import"), apply_networks, "network.create",
        networks(1), "tam", at("/register/networks/"), "203.0.113.0/26",
    ),
    Press(
        "register/organisation.html organisation-change", "ha", unit, rename, "organisation.change",
        is_called("Sở Y tế Hải Vân"), "tam", unit, "Tên: Sở Y tế → Sở Y tế Hải Vân",
    ),
    Press(
        "register/organisation.html organisation-contact", "ha", unit, correct_contact, "contact.change",
        rings("024 115"), "tam", unit, "024 115", before=with_contact,
    ),
    Press(
        "register/organisation.html organisation-contact 2", "ha", unit, add_contact, "contact.create",
        rings("024 116"), "tam", unit, "Trực ban sở",
    ),
    Press(
        "lists/page.html list-upload", "ha", at("/lists/"), hand_list_in, "", lists(0), "minh", at("/lists/"),
        "Chưa nhận danh sách nào", before=with_networks,
    ),
    Press(
        "lists/preview.html list-preview", "ha", at("/lists/"), of_a_known_sender, "", lists(1), "minh", at("/lists/"),
        "Bên gửi C", before=with_unread,
    ),
    Press(
        "lists/preview.html list-preview 2", "ha", at("/lists/"), look_again, "", lists(0), "minh", at("/lists/"),
        "Chưa nhận danh sách nào", before=with_networks,
    ),
    Press(
        "lists/preview.html list-confirm", "ha", at("/lists/"), confirm, "list.receive", lists(1), "minh",
        at("/lists/"), "list.csv", before=with_networks,
    ),
    Press(
        "lists/unread.html list-settle settle=meant", "ha", at_newest_list, settle_as("meant", "198.51.100.9"),
        "list.settle", stands("198.51.100.9"), "minh", at_newest_list, "198.51.100.9", before=with_unread,
    ),
    Press(
        "lists/unread.html list-settle settle=nothing", "ha", at_newest_list, settle_as("reason", "là phiên bản"),
        "list.settle", stands(), "minh", at_newest_list, "là phiên bản", before=with_unread,
    ),
    Press(
        "lists/unread.html list-unsettle", "ha", at_newest_list,
        lambda page: page.locator("form[action$='/withdraw']").last.locator("button").click(), "list.unsettle",
        stands("198.51.100.9", withdrawn=True), "minh", at_newest_list, "2 dòng chờ phân định", before=with_settled,
    ),
    Press(
        "logs/sensor.html log-import", "ha", at("/logs/bien/"), hand_logs_in, "log.import", has_logs, "minh",
        at("/logs/bien/"), "flows.csv", before=with_sensor,
    ),
    Press(
        "logs/asked.html log-import-anyway", "ha", at("/logs/bien/"), hand_picture_in, "log.import", has_logs, "minh",
        at("/logs/bien/"), "photo.png", before=with_sensor,
    ),
    Press(
        "logs/sensor.html log-coverage", "ha", at("/logs/bien/"), hand_signs_in, "heartbeat.create", is_covered, "minh",
        at("/logs/bien/"), "20/4 12:00", before=with_sensor,
    ),
    Press(
        "logs/unread.html log-take-back", "ha", at("/logs/bien/"), take_picture_back, "log.take_back", taken_back(1),
        "minh", at("/logs/bien/"), "chọn nhầm ảnh", before=with_sensor,
    ),
    Press(
        "logs/unread.html log-put-back", "ha", at("/logs/bien/"), put_picture_back, "log.put_back", taken_back(0),
        "minh", at("/logs/bien/"), "không đọc được", before=with_sensor,
    ),
)  # fmt: skip
