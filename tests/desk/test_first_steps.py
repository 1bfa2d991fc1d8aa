"""The first steps of a new desk: in order, ticked as they are done, gone with the last; for whoever may take one."""

import re
from datetime import timedelta
from importlib.resources import files

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests import cast
from tests.alerts.sources import eve, lines
from tests.cast import NOON
from tests.desk.forms import enter
from tests.register.register_files import bring_in
from vonggac.alerts.services import sources
from vonggac.alerts.services.sources import Declaration
from vonggac.botnet.models import BotnetList
from vonggac.duty.models import Shift
from vonggac.duty.services import import_roster
from vonggac.duty.services.tables import RosterRow
from vonggac.flows import botnet_list
from vonggac.flows.alert_files import import_file
from vonggac.register.models import Organisation, Person
from vonggac.server.home import Home
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
NETWORKS = b"network,organisation\n203.0.113.0/24,hai-van\n"
LIST = b"ip,timestamp,infection\n203.0.113.5,2026-04-19 01:00:00,mirai\n"
FLOWS = b"time_utc,source_address,destination_address\n2026-04-20T01:00:00Z,203.0.113.7,198.51.100.7\n"
SENSORS = "name,kind,organisation,networks,silence\nbien,flow,hai-van,203.0.113.0/24,heartbeat\n"
NAMES = [
    "Nhập sổ đăng ký",
    "Mở văn bản chỉ đạo",
    "Lập vị trí trực và lịch trực",
    "Nhập danh sách botnet",
    "Nộp nhật ký",
]


@pytest.fixture
def sign_in(db, settings, tmp_path, monkeypatch):
    """Clients of the cast on a desk that holds nothing but its organisations and people."""
    settings.VONGGAC_HOME = Home(tmp_path / "home")
    settings.VONGGAC_HOME.prepare()
    monkeypatch.setattr("vonggac.desk.frame.now", lambda: NOON)
    troupe = cast.assemble()

    def as_(name: str) -> Client:
        client = Client(headers={"accept-language": "vi"})
        client.force_login(troupe.people[name])
        return client

    return as_


def upload(content: bytes, name: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def steps(client: Client, path: str = "/") -> list[tuple[str, bool]]:
    """Each step's title and whether it is ticked, as the page shows them."""
    page = client.get(path).content.decode()
    return [
        (found["title"].strip(), "done" in found["open"])
        for found in re.finditer(r"<li(?P<open>[^>]*)><b>(?P<title>[^<]*)", page.partition("Các bước đầu tiên")[2])
        if found["title"].strip() in NAMES
    ]


def primary(client: Client) -> str:
    """The address of the one step that is next."""
    page = client.get("/").content.decode().partition("first-steps")[2].partition("</ol>")[0]
    return re.search(r'<a class="btn primary" href="([^"]+)"', page)[1]


def enter_networks(client: Client) -> None:
    shown = client.post(
        "/register/networks/import", {"file": upload(NETWORKS, "networks.csv")}, follow=True
    ).content.decode()
    client.post("/register/networks/apply", {"token": re.search(r'name="token" value="([^"]+)"', shown)[1]})


def enter_directive(client: Client) -> None:
    dispatch = files("vonggac.exercise").joinpath("data/chi-dao.txt").read_bytes()
    address = client.post("/directives/upload/", {"file": upload(dispatch, "chi-dao.txt")}).headers["Location"]
    assert steps(client)[1] == (NAMES[1], False), "a draft binds nobody"
    enter(client, address)


def enter_roster(client: Client) -> None:
    with scoped(system("tests")):
        rows = [RosterRow("Trực ban", NOON, NOON + timedelta(hours=8), "An", "")]
        import_roster(Organisation.objects.get(code="hai-van"), rows, [], at=NOON)


def enter_list(client: Client) -> None:
    preview = client.post("/lists/upload/", {"sender": "A", "file": upload(LIST, "list.csv")}).headers["Location"]
    client.post("/lists/confirm/", {"sha256": preview.split("/")[3]})
    with scoped(system("tests")):
        botnet_list.carry_out(BotnetList.objects.get().pk, at=NOON)


def enter_logs(client: Client) -> None:
    with scoped(system("tests")):
        bring_in("sensors", SENSORS)
    client.post("/logs/bien/import", {"files": upload(FLOWS, "flows.csv")})


def test_each_step_is_ticked_as_it_is_done_and_the_last_takes_the_card_away(sign_in):
    officer = sign_in("ha")
    assert steps(officer) == [(name, False) for name in NAMES]
    for place, (address, take) in enumerate(
        (
            ("/register/", enter_networks), ("/directives/upload/", enter_directive),
            ("/roster/posts/", enter_roster), ("/lists/", enter_list), ("/logs/", enter_logs),
        )
    ):  # fmt: skip
        assert primary(officer) == address
        assert officer.get(address, follow=True).status_code == 200
        take(officer)
        expected = [(name, number <= place) for number, name in enumerate(NAMES)]
        assert steps(officer) == ([] if place == 4 else expected)


def test_whoever_is_on_duty_sees_the_duty_above_the_first_steps(sign_in):
    client = sign_in("ha")

    def places() -> tuple[int, int]:
        page = client.get("/").content.decode()
        return page.index('id="first-steps"'), page.index('id="on-duty"')

    steps_at, duty_at = places()
    assert steps_at < duty_at
    enter_roster(client)
    with scoped(system("tests")):
        Shift.objects.update(person=Person.objects.get(name="Hà"))
    steps_at, duty_at = places()
    assert duty_at < steps_at


def test_a_step_whose_right_one_lacks_is_no_button(sign_in):
    page = sign_in("quan").get("/").content.decode().partition("first-steps")[2].partition("</ol>")[0]
    assert "/directives/upload/" not in page
    assert "do người có quyền thực hiện" in page
    assert 'href="/lists/"' in page


def test_who_may_take_no_step_is_not_bothered(sign_in):
    assert steps(sign_in("lan")) == []


def test_what_another_province_entered_ticks_nothing_here(sign_in):
    enter_networks(sign_in("ha"))
    assert [done for _, done in steps(sign_in("vinh"))] == [False] * 5


def test_alerts_are_no_traffic_logs(sign_in, tmp_path):
    with scoped(system("tests")):
        sources.declare("ids", Organisation.objects.get(code="hai-van"), Declaration("suricata-eve"), at=NOON)
    path = tmp_path / "eve.json"
    path.write_bytes(lines(eve()))
    import_file(path, "ids", system("tests"), at=NOON)
    assert steps(sign_in("ha"))[4] == (NAMES[4], False)


def test_the_welcome_page_shows_the_same_steps(sign_in):
    client = sign_in("ha")
    assert steps(client, "/welcome") == steps(client)


@pytest.mark.parametrize(
    "path",
    [
        "/register/organisations/", "/register/networks/", "/register/systems/", "/register/assets/",
        "/register/sensors/", "/register/contacts/", "/lists/", "/logs/", "/people", "/tokens",
    ],
)  # fmt: skip
def test_the_menu_leads_to_the_register_and_the_sources(sign_in, path):
    administrator, officer = sign_in("quan"), sign_in("ha")
    assert f'href="{path}"' in administrator.get("/reports/").content.decode()
    assert administrator.get(path).status_code == 200
    is_administered = path in {"/people", "/tokens"}
    assert (f'href="{path}"' in officer.get("/reports/").content.decode()) is not is_administered


def test_an_exercise_brings_directive_list_and_logs_by_itself(sign_in, settings):
    enter_networks(sign_in("ha"))
    settings.VONGGAC_IS_EXERCISE = True
    assert primary(sign_in("ha")) == "/exercise/"
