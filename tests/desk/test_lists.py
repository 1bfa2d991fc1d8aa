"""The pages of botnet lists: handed in with a preview, mapped by a person, confirmed once, told afterwards."""

import csv
import hashlib
import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.cast import NOON
from tests.register.register_files import bring_in
from vonggac.botnet.models import BotnetList, Sender
from vonggac.cases.models import Case
from vonggac.duty.models import Escalation
from vonggac.flows import botnet_list, traffic_log
from vonggac.flows.uploads import keep_raw
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
LIST = b"ip,timestamp,infection\n203.0.113.5,2026-04-19 01:00:00,mirai\nnot-an-address,2026-04-19 01:00:00,mirai\n"
ODD = b"may,nguoi,ghi chu\nalpha,An,x\nbeta,Binh,y\n"


@pytest.fixture
def officer(sign_in):
    with scoped(system("tests")):
        bring_in("networks", "network,organisation\n203.0.113.0/26,so-y-te\n")
    return sign_in("ha")


def hand_in(client, content=LIST, sender="Bên gửi A", name="list.csv"):
    """The answer after the redirect: the preview, or the page with the refused form."""
    return client.post("/lists/upload/", {"sender": sender, "file": SimpleUploadedFile(name, content)}, follow=True)


def preview_of(content=LIST):
    return f"/lists/preview/{digest(content)}/"


def digest(content=LIST):
    return hashlib.sha256(content).hexdigest()


def confirm(client, content=LIST):
    return client.post("/lists/confirm/", {"sha256": digest(content)})


def stored():
    with scoped(system("tests")):
        return list(BotnetList.objects.all())


def carried_out(client):
    """The address of the list, once the worker has carried it out."""
    hand_in(client)
    address = confirm(client).headers["Location"]
    with scoped(system("tests")):
        botnet_list.carry_out(stored()[0].pk, at=NOON)
    return address


def test_the_page_offers_the_form_and_the_cases_lead_to_it(officer):
    text = officer.get("/lists/").content.decode()
    assert "Chưa nhận danh sách nào" in text
    assert 'name="sender"' in text
    assert 'href="/lists/"' in officer.get("/cases/").content.decode()


def test_a_preview_shows_mapping_counts_owners_and_rejects_and_enters_nothing(officer):
    with scoped(system("tests")):
        before = Case.objects.count()
    answer = hand_in(officer)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert re.search(r'<select id="column-address".*?<option value="0" selected>ip<', text)
    assert re.search(r'<select id="column-family".*?<option value="2" selected>infection<', text)
    assert "Sở Y tế" in text
    assert "not-an-address" in text
    assert stored() == []
    with scoped(system("tests")):
        assert Case.objects.count() == before


def test_a_confirmed_list_waits_for_the_worker_and_then_tells_what_became_of_it(officer):
    hand_in(officer)
    address = confirm(officer).headers["Location"]
    waiting = officer.get(address).content.decode()
    assert "đang xử lý" in waiting
    assert "every 3s" in waiting
    assert "đang xử lý" in officer.get("/lists/").content.decode()
    with scoped(system("tests")):
        botnet_list.carry_out(stored()[0].pk, at=NOON)
        assert Case.objects.filter(subject="203.0.113.5").exists()
    done = officer.get(address).content.decode()
    assert "every 3s" not in done
    assert "not-an-address" in done
    assert 'href="/cases/?kind=botnet_host&amp;listed=1"' in done
    assert "đã nhập" in officer.get("/lists/").content.decode()


def test_a_list_says_whom_it_called_or_what_would_have_called_somebody(officer, sign_in):
    why = "Ưu tiên 1 là máy thuộc hệ thống thông tin cấp độ 3 trở lên"
    no_post = "chưa có vị trí trực nên không gọi ai"
    assert no_post in hand_in(sign_in("vinh")).content.decode()
    shown = hand_in(officer).content.decode()
    assert why in shown
    assert no_post not in shown
    page = officer.get(carried_out(officer)).content.decode()
    assert "Không gọi ai vì danh sách này." in page
    assert why in page
    with scoped(system("tests")):
        bring_in("systems", "code,name,organisation,level\nhis-3,HIS,so-y-te,3\n")
        bring_in("assets", "name,organisation,address,system\nhis-01,so-y-te,203.0.113.7,his-3\n")
    content = LIST + b"203.0.113.7,2026-04-20 01:00:00,mirai\n"
    hand_in(officer, content)
    address = confirm(officer, content).headers["Location"]
    with scoped(system("tests")):
        botnet_list.carry_out(BotnetList.objects.latest("pk").pk, at=NOON)
        call = Escalation.objects.get(reason="botnet")
    page = officer.get(address).content.decode()
    assert f'<a href="/escalations/{call.pk}/">Đã gọi trực vì 1 máy</a>' in page
    assert "Không gọi ai" not in page


def test_the_addresses_of_a_list_are_told_apart_by_whether_their_host_is_known(officer):
    with scoped(system("tests")):
        bring_in("assets", "name,organisation,address\nSV-7,so-y-te,203.0.113.7\n")
    content = LIST + b"203.0.113.7,2026-04-19 01:00:00,mirai\n198.51.100.4,2026-04-19 01:00:00,mirai\n"
    hand_in(officer, content)
    address = confirm(officer, content).headers["Location"]
    with scoped(system("tests")):
        botnet_list.carry_out(stored()[0].pk, at=NOON)
    assert figures_of(officer, address) == {
        "địa chỉ trong danh sách": "3",
        "địa chỉ đã xác định được máy": "1",
        "địa chỉ có đơn vị phụ trách, chưa có nhật ký cho biết máy nào đứng sau": "1",
        "địa chỉ chưa rõ đơn vị": "1",
    }
    with scoped(system("tests")):
        kept = stored()[0]
        del kept.summary["unplaced"]
        kept.save()
    # A list that came before that was counted.
    assert figures_of(officer, address)["địa chỉ có đơn vị phụ trách"] == "2"


def figures_of(client, address: str, about: str = "địa chỉ") -> dict[str, str]:
    page = client.get(address).content.decode()
    found = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", page)
    return {label: re.sub(r"<[^>]*>", "", value) for label, value in found if about in label}


def test_a_preview_tells_what_leaves_the_sender_s_list_and_which_cases_open(officer):
    carried_out(officer)
    second = b"ip,timestamp,infection\n203.0.113.6,2026-04-20 01:00:00,mirai\n"
    hand_in(officer, second)
    assert figures_of(officer, preview_of(second), "trong danh sách")["đã hết trong danh sách"] == "1"
    assert figures_of(officer, preview_of(second), "vụ việc") == {"vụ việc mở mới": "1", "vụ việc mở lại": "0"}


def test_a_list_names_its_digest_and_leads_to_the_cells_that_could_not_be_read(officer):
    content = b"ip,timestamp,port,infection\n203.0.113.5,2026-04-19 01:00:00,cong-la,mirai\n"
    hand_in(officer, content)
    address = confirm(officer, content).headers["Location"]
    with scoped(system("tests")):
        botnet_list.carry_out(stored()[0].pk, at=NOON)
    page = officer.get(address).content.decode()
    assert f'Mã băm SHA-256 của tệp: <span class="mono">{digest(content)}</span>' in page
    assert '<a href="?cells=1#cells">1</a>' in page
    assert 'id="cells"' not in page
    cells = officer.get(f"{address}?cells=1").content.decode().partition('id="cells"')[2]
    assert "cong-la" in cells


def test_more_hosts_than_addresses_are_explained(officer):
    nat = "from_utc,to_utc,public_address,port_from,port_to,inner_address"
    hours = "2026-04-19T00:00:00Z,2026-04-20T00:00:00Z,203.0.113.5"
    said = "sau một địa chỉ (NAT) có thể có nhiều máy"
    seen = b"203.0.113.5,2026-04-19 01:00:00"
    content = b"ip,timestamp,port,infection\n" + seen + b",5001,mirai\n" + seen + b",6001,mirai\n"
    hand_in(officer, content)
    assert said not in officer.get(preview_of(content)).content.decode()
    with scoped(system("tests")):
        bring_in("networks", "network,organisation\n10.1.0.0/24,so-y-te\n")
        bring_in("sensors", "name,kind,organisation,networks\nyt-nat,nat,so-y-te,203.0.113.0/26\n")
        bring_in("assets", "name,organisation,address\nYT-1,so-y-te,10.1.0.1\nYT-2,so-y-te,10.1.0.2\n")
        log = f"{nat}\n{hours},5000,5999,10.1.0.1\n{hours},6000,6999,10.1.0.2\n"
        traffic_log.import_log(log.encode(), "nat.csv", "yt-nat", received_at=NOON, at=NOON)
    assert said in officer.get(preview_of(content)).content.decode()
    address = confirm(officer, content).headers["Location"]
    with scoped(system("tests")):
        botnet_list.carry_out(stored()[0].pk, at=NOON)
    assert said in officer.get(address).content.decode()


def test_the_case_of_a_listed_host_says_control_server_port_and_both_times_to_the_second(officer):
    content = (
        b"timestamp,src_ip,src_port,protocol,dst_ip,http_host,family\n"
        b"2026-04-18 20:15:09,203.0.113.5,40001,tcp,198.51.100.7,c2.example,mirai\n"
        b"2026-04-19 01:02:03,203.0.113.5,40417,tcp,198.51.100.7,c2.example,mirai\n"
    )
    hand_in(officer, content)
    confirm(officer, content)
    with scoped(system("tests")):
        botnet_list.carry_out(stored()[0].pk, at=NOON)
        case = Case.objects.get(subject="203.0.113.5")
    page = re.sub(r"<[^>]+>", "", officer.get(f"/cases/{case.pk}/").content.decode())
    assert "C2 c2.example · 198.51.100.7" in page
    assert "cổng nguồn 40417/tcp" in page
    assert "thấy lần đầu 19/4/2026 03:15:09" in page
    assert "thấy lần cuối 19/4/2026 08:02:03" in page


def test_only_a_file_that_this_session_previewed_may_be_confirmed(officer, sign_in):
    secret = keep_raw(LIST)
    assert officer.post("/lists/confirm/", {"sha256": secret}).status_code == 422
    assert officer.post(preview_of()).status_code == 422
    assert officer.get(preview_of()).status_code == 422
    hand_in(officer)
    assert confirm(sign_in("ha")).status_code == 422
    assert stored() == []


def test_a_preview_is_a_page_of_its_own_that_a_reload_shows_again(officer, sign_in):
    assert hand_in(officer).redirect_chain == [(preview_of(), 302)]
    for _ in range(2):
        assert "not-an-address" in officer.get(preview_of()).content.decode()
    assert stored() == []
    assert sign_in("minh").get(preview_of()).status_code == 422


def test_a_known_sender_in_other_letters_is_not_asked_about_and_keeps_the_first_spelling(officer):
    carried_out(officer)
    text = hand_in(officer, LIST.replace(b"mirai", b"qakbot"), sender="bên  GỬI a").content.decode()
    assert "Chưa có danh sách nào của" not in text
    assert "list.csv · Bên gửi A" in text


def test_a_sender_who_is_nearly_a_known_one_is_offered_and_compared_with_his_last_list(officer):
    carried_out(officer)
    again = LIST.replace(b"mirai", b"qakbot")
    preview = hand_in(officer, again, sender="ben  gui a")
    text = preview.content.decode()
    assert "Chưa có danh sách nào của “ben gui a”" in text
    assert "Nhập thành danh sách đầu tiên của ben gui a" in text
    assert re.search(r'name="sender" value="Bên gửi A"', text)
    chosen = officer.post(preview_of(again), {"sender": "Bên gửi A"})
    assert (chosen.status_code, chosen.url) == (302, preview_of(again))
    text = officer.get(preview_of(again)).content.decode()
    assert "Chưa có danh sách nào của" not in text
    assert "list.csv · Bên gửi A" in text
    confirm(officer, again)
    with scoped(system("tests")):
        assert list(Sender.objects.values_list("name", flat=True)) == ["Bên gửi A"]


@pytest.mark.parametrize("sender", ["Bên gửi A", "Bên gửi B", "Bkav"])
def test_who_is_known_or_clearly_another_is_not_asked_about(officer, sender):
    carried_out(officer)
    text = hand_in(officer, LIST.replace(b"mirai", b"qakbot"), sender=sender).content.decode()
    assert "Chưa có danh sách nào của" not in text


def test_no_list_is_given_to_a_sender_whom_nobody_knows(officer):
    hand_in(officer)
    refused = officer.post(preview_of(), {"sender": "Ai đó"})
    assert refused.status_code == 422
    assert "list.csv · Bên gửi A" in refused.content.decode()


def test_a_confirmation_counts_once_and_the_way_back_to_the_preview_leads_to_the_list(officer):
    hand_in(officer)
    address = confirm(officer).headers["Location"]
    for answer in (confirm(officer), officer.get(preview_of()), officer.post(preview_of(), {"column-address": "0"})):
        assert (answer.status_code, answer.headers["Location"]) == (302, address)
    assert "không có gì bị tính hai lần" in officer.get(address).content.decode()
    assert len(stored()) == 1
    assert ProcrastinateJob.objects.filter(task_name=botnet_list.IMPORT_JOB).count() == 1


def test_the_same_file_again_is_the_same_list(officer):
    address = carried_out(officer)
    hand_in(officer)
    answer = officer.post("/lists/confirm/", {"sha256": digest()}, follow=True)
    assert answer.redirect_chain[0][0] == address
    assert "đã được nhập trước đây" in answer.content.decode()
    assert len(stored()) == 1


def test_a_corrected_mapping_is_previewed_imported_and_remembered(officer):
    content = b"ip,gate,seen\n203.0.113.5,203.0.113.6,2026-04-19 08:00:00\n"
    hand_in(officer, content)
    form = {"column-address": "1", "column-last_seen": "2", "time_zone": "+07:00"}
    answer = officer.post(preview_of(content), form)
    assert answer.headers["Location"] == preview_of(content)
    text = officer.get(preview_of(content)).content.decode()
    assert re.search(r'<select id="column-address".*?<option value="1" selected>gate<', text)
    assert 'value="+07:00"' in text
    confirm(officer, content)
    with scoped(system("tests")):
        botnet_list.carry_out(stored()[0].pk, at=NOON)
        assert Case.objects.filter(subject="203.0.113.6").exists()
        assert not Case.objects.filter(subject="203.0.113.5").exists()
        mapping = Sender.objects.get(name="Bên gửi A").mapping
    # Whoever settles the columns says, too, that the list names no C2.
    none = {"destination_address": [], "destination_host": []}
    assert mapping["columns"] == {"address": ["gate"], "last_seen": ["seen"], **none}
    assert mapping["time_zone"] == "+07:00"


def test_a_preview_shows_the_first_rows_as_they_are_read_in_the_zone_that_the_header_names(officer):
    header = "IP;Cổng nguồn;Mã độc;Thời gian (GMT+7)"
    rows = [f"203.0.113.{n};4000{n};Mirai;29/11/2026 02:0{n}:00" for n in range(1, 6)]
    content = "\n".join([header, *rows]).encode()
    text = hand_in(officer, content).content.decode()
    assert '<option value="GMT+7" selected>giờ Việt Nam (UTC+7)<' in text
    sample = re.search(r'aria-labelledby="sample".*?</section>', text, re.DOTALL).group()
    assert re.findall(r">(203\.0\.113\.\d)<", sample) == ["203.0.113.1", "203.0.113.2", "203.0.113.3"]
    assert ">29/11/2026 02:01:00<" in sample
    assert ">28/11/2026 19:01:00 UTC<" in sample
    assert ">40001<" in sample
    form = {"column-address": "0", "column-time": "3", "time_zone": "UTC"}
    text = officer.post(preview_of(content), form, follow=True).content.decode()
    assert '<option value="UTC" selected>UTC<' in text
    assert ">29/11/2026 09:01:00<" in text


def test_a_zone_that_a_person_chose_goes_before_the_header_with_a_warning_and_a_default_does_not(officer):
    header, warning = "IP;Thời gian (GMT+7)", "ghi múi giờ GMT+7, nhưng giờ đang được đọc theo"
    first, second, third = (f"{header}\n203.0.113.{n};29/11/2026 02:00:00\n".encode() for n in (1, 2, 3))

    def sample(text: str) -> str:
        return re.search(r'aria-labelledby="sample".*?</section>', text, re.DOTALL).group()

    hand_in(officer, first)
    confirm(officer, first)
    # As a sender is remembered from before headers were asked for their zone.
    with scoped(system("tests")):
        mapping = Sender.objects.get(name="Bên gửi A").mapping
        assert (mapping["time_zone"], mapping["zone_is_chosen"]) == ("GMT+7", False)
        Sender.objects.update(mapping={**mapping, "time_zone": "UTC"})
    text = hand_in(officer, second).content.decode()
    assert ">28/11/2026 19:00:00 UTC<" in sample(text)
    assert warning not in text
    form = {"column-address": "0", "column-time": "1", "time_zone": "UTC"}
    text = officer.post(preview_of(second), form, follow=True).content.decode()
    assert ">29/11/2026 02:00:00 UTC<" in sample(text)
    assert warning in text
    confirm(officer, second)
    text = hand_in(officer, third).content.decode()
    assert ">29/11/2026 02:00:00 UTC<" in sample(text)
    assert warning in text


@pytest.mark.parametrize("time", ["9999-12-31 23:59:59", "0001-01-01 00:00:00"])
def test_a_preview_stands_with_a_time_that_has_no_other_zone(officer, time):
    answer = hand_in(officer, f"ip,timestamp\n203.0.113.5,{time}\n".encode())
    assert answer.status_code == 200
    sample = re.search(r'aria-labelledby="sample".*?</section>', answer.content.decode(), re.DOTALL).group()
    assert ">203.0.113.5<" in sample
    assert '"UTC">–<' in sample


def test_columns_that_stand_in_for_each_other_stay_together(officer):
    content = b"ipv4,ipv6,infection\n203.0.113.5,,mirai\n,2001:db8::5,mirai\n"
    text = hand_in(officer, content).content.decode()
    assert '<option value="0,1" selected>ipv4 + ipv6<' in text
    form = {"column-address": "0,1", "time_zone": "UTC"}
    assert '<option value="0,1" selected>' in officer.post(preview_of(content), form, follow=True).content.decode()


def test_a_list_whose_columns_cannot_be_told_apart_is_mapped_by_a_person(officer):
    answer = hand_in(officer, ODD)
    text = answer.content.decode()
    assert answer.redirect_chain == [(preview_of(ODD), 302)]
    assert 'role="alert"' in text
    assert ">nguoi<" in text
    assert "Nhập danh sách" not in text
    assert confirm(officer, ODD).status_code == 422


@pytest.mark.parametrize(
    "wrong", [{"column-address": "99"}, {"column-address": "x"}, {"column-address": "0", "time_zone": "Mars/Base"}]
)
def test_a_wrong_correction_is_said_and_the_form_stays(officer, wrong):
    hand_in(officer)
    answer = officer.post(preview_of(), {"time_zone": "UTC", **wrong})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert 'name="column-address"' in answer.content.decode()


@pytest.mark.parametrize("form", [{"sender": "A"}, {"sender": " ", "file": SimpleUploadedFile("a.csv", LIST)}])
def test_an_upload_without_file_or_sender_is_said_above_the_form(officer, form):
    answer = officer.post("/lists/upload/", form)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()


def test_a_file_that_is_too_large_is_refused(officer, settings):
    settings.VONGGAC_UPLOAD_BYTES = 10
    assert hand_in(officer).status_code == 422


def test_a_damaged_workbook_is_said_above_the_form(officer):
    answer = hand_in(officer, b"PK\x03\x04 broken", name="list.xlsx")
    assert answer.status_code == 422
    assert 'name="sender"' in answer.content.decode()


def test_lists_and_rejects_leave_as_files(officer):
    address = carried_out(officer)
    lists = officer.get("/lists/", {"format": "json"}).json()["rows"]
    assert [(row["sender"], row["file"], row["cases_opened"]) for row in lists] == [("Bên gửi A", "list.csv", 1)]
    assert officer.get("/lists/", {"format": "xlsx"}).content[:2] == b"PK"
    rejects = officer.get(address, {"format": "csv"}).content.decode("utf-8-sig")
    assert [row["Dòng"] for row in csv.DictReader(io.StringIO(rejects))] == ["3"]


def test_the_file_leaves_as_it_came_and_never_opens_in_the_page(officer):
    answer = officer.get(carried_out(officer) + "file")
    assert answer.content == LIST
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize("stranger", ["vinh", "lan"])
def test_a_list_of_another_office_is_not_there(officer, sign_in, stranger):
    address = carried_out(officer)
    client = sign_in(stranger)
    assert client.get(address).status_code == 404
    assert client.get(address + "file").status_code == 404
    assert "list.csv" not in client.get("/lists/").content.decode()


def test_whoever_may_not_import_sees_no_form_and_hands_nothing_in(sign_in, officer):
    client = sign_in("lan")
    assert 'name="sender"' not in client.get("/lists/").content.decode()
    assert hand_in(client).status_code == 403
    assert client.post(preview_of()).status_code == 403
    assert confirm(client).status_code == 403


def test_what_a_list_says_is_shown_as_text(officer):
    content = b"ip,<script>alert(1)</script>\n203.0.113.5,<b>x</b>\n<i>bad</i>,y\n"
    text = hand_in(officer, content).content.decode()
    assert "<script>alert(1)" not in text
    assert "<i>bad</i>" not in text
    assert " style=" not in text


def test_a_preview_names_the_columns_that_are_not_read_and_a_file_that_was_imported_before(officer):
    content = b"ip,timestamp,infection,dst_port,<b>x</b>\n203.0.113.5,2026-04-19 01:00:00,mirai,443,y\n"
    hand_in(officer, content)
    first = officer.get(preview_of(content)).content.decode()
    assert "Các cột của tệp không được đọc: dst_port, &lt;b&gt;x&lt;/b&gt;" in " ".join(
        re.sub(r"<svg.*?</svg>", "", first).split()
    )
    assert "đã được nhập trước đó" not in first
    assert 'href="#preview"' in first
    address = confirm(officer, content).headers["Location"]
    hand_in(officer, content, sender="Bên gửi khác")
    again = officer.get(preview_of(content)).content.decode()
    assert "Chính tệp này đã được nhập trước đó" in again
    assert f'<a href="{address}">list.csv</a>' in again


def test_whoever_may_not_read_the_office_s_lists_is_not_told_that_none_came(officer, sign_in):
    hand_in(officer, LIST)
    confirm(officer, LIST)
    seen = sign_in("lan").get("/lists/").content.decode()
    assert "Đơn vị chưa nhận danh sách nào" in seen
    assert "Chưa nhận danh sách nào" not in seen
