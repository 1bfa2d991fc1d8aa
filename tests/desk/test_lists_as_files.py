"""Lists leave as files: what their pages say, in words for people and in codes for programs, and never a secret."""

import csv
import hashlib
import json
import re
from importlib import import_module
from io import BytesIO, StringIO
from pkgutil import walk_packages

import pytest
from django.test import Client
from openpyxl import load_workbook

from tests.desk.test_alert_sources import FIELDS, LIST
from tests.desk.test_call_pages import GATEWAY, POLICY
from tests.security.crawl import exports
from tests.security.test_tenancy_of_pages import ADMINISTERED, EXPORTS, REGISTERS, file_of, named_lists
from vonggac.desk import column_words, pages

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_home")]


# What an import reads back keeps the columns of that import.
READ_BACK = {*REGISTERS, "/register/people/file", "/register/sensors/file"}
LANGUAGES = pytest.mark.parametrize("language", ["vi", pytest.param("en", marks=pytest.mark.slow)])


def table_of(client, path: str) -> list[list[str]]:
    """The list as CSV: its headings, then its rows."""
    text = client.get(f"{path}?format=csv").content.decode("utf-8-sig")
    return list(csv.reader(StringIO(text, newline="")))


@LANGUAGES
@pytest.mark.slow
def test_every_list_leaves_with_headings_in_words(all_reader, language):
    client = Client(headers={"accept-language": language})
    client.force_login(all_reader)
    seen, codes = set(), {}
    for page in exports(client, named_lists()):
        path, form = file_of(page)
        if form == "csv" and path not in READ_BACK:
            seen.add(path)
            heads = next(csv.reader(StringIO(page.content.decode("utf-8-sig"), newline="")))
            codes[path] = [head for head in heads if head[:1].islower() or "_" in head]
    assert seen >= {path for path, form in EXPORTS | ADMINISTERED if form == "csv"} - READ_BACK
    assert not {path: found for path, found in codes.items() if found}


def test_no_column_of_a_list_is_without_its_word():
    modules = [import_module(one.name) for one in walk_packages(pages.__path__, f"{pages.__name__}.")]
    lists = [
        (module, columns)
        for module in modules
        for name, columns in vars(module).items()
        if name.endswith("COLUMNS") and isinstance(columns, tuple)
    ]
    named = {one for module, columns in lists for one in columns if one not in getattr(module, "COUNTS", {})}
    assert len(lists) > 15
    assert not named - set(column_words.HEADINGS)


def rows_of(client, path: str) -> list[dict[str, object]]:
    """The rows as JSON; the other forms hold as many lines, in as many columns, which have their names in words."""
    rows = json.loads(client.get(f"{path}?format=json").content)["rows"]
    columns = list(rows[0])
    lines = client.get(f"{path}?format=csv").content.decode("utf-8-sig").splitlines()
    heads = next(csv.reader(lines[:1]))
    assert (len(heads), len(lines)) == (len(columns), len(rows) + 1)
    assert not set(heads) & set(columns)
    sheet = load_workbook(BytesIO(client.get(f"{path}?format=xlsx").content)).active
    assert ([cell.value for cell in sheet[1]], sheet.max_row) == (heads, len(rows) + 1)
    assert client.get(f"{path}?format=docx").status_code == 422
    return rows


def test_people_leave_in_the_columns_of_their_import(sign_in, desk):
    client = sign_in("quan")
    address = re.search(r'href="(/register/people/file\?format=csv)"', client.get("/people").content.decode())[1]
    head, *lines = client.get(address).content.decode("utf-8-sig").splitlines()
    assert head == "email,name,phone,language,active,organisation,role,valid_from,valid_to"
    assert any(line.startswith("lan@example.vn,Lan,") and ",p-vinh-hai,it_officer," in line for line in lines)
    assert sign_in("ha").get(address).status_code == 403


def test_tokens_leave_without_secret_and_digest(sign_in, desk):
    client = sign_in("quan")
    made = client.post("/tokens/new", {"name": "SIEM", "organisation": "so-tttt", "role": "auditor", "days": "30"})
    secret = re.search(r"vgt_[\w-]+", made.content.decode())[0]
    (row,) = rows_of(client, "/tokens")
    assert (row["program"], row["code"], row["roles"]) == ("SIEM", "so-tttt", "auditor")
    assert "kiểm tra" in table_of(client, "/tokens")[1]
    kept = hashlib.sha256(secret.encode()).hexdigest()
    assert not {secret, kept} & set(map(str, row.values()))
    assert sign_in("ha").get("/tokens?format=csv").status_code == 403


def test_channels_leave_without_what_they_ask_of_the_other_side(sign_in, desk):
    client = sign_in("quan")
    assert client.post("/channels/new/gateway/", {**GATEWAY, "url": "https://sms.example/"}).status_code == 302
    (row,) = rows_of(client, "/channels/")
    assert (row["name"], row["kind"], row["takes_phones"], row["tried_at_utc"]) == ("SMS", "gateway", True, None)
    heads, cells = table_of(client, "/channels/")
    named = dict(zip(heads, cells, strict=True))
    assert (named["Loại"], named["Đang dùng"]) == ("cổng HTTP", "có")
    text = client.get("/channels/?format=json").content.decode()
    assert not [word for word in ("bí-mật-42", "sms.example", "Bearer") if word in text]


def test_a_policy_leaves_with_a_line_a_step(sign_in, desk):
    client = sign_in("ha")
    assert client.post("/policies/new/", POLICY).status_code == 302
    rows = rows_of(client, "/policies/")
    assert [(row["policy"], row["step"], row["calls"], row["wait_minutes"]) for row in rows] == [
        ("Ban đêm", 1, "on_duty", 5), ("Ban đêm", 2, "head", 10),
    ]  # fmt: skip
    heads, *lines = table_of(client, "/policies/")
    assert [line[heads.index("Gọi ai")] for line in lines] == ["người đang trực ở từng vị trí", "lãnh đạo đơn vị"]


def test_the_duty_list_leaves_with_posts_and_numbers(sign_in, desk):
    client = sign_in("ha")
    page = client.get("/roster/people/").content.decode()
    post = re.search(r'name="post" value="(\d+)"', page)[1]
    assert client.post("/roster/people/", {"names": "Kiều Mới; 0900 000 001", "post": [post]}).status_code == 302
    (row,) = rows_of(client, "/roster/people/")
    assert (row["name"], row["phone"], row["code"], row["coming_shifts"]) == ("Kiều Mới", "0900 000 001", "hai-van", 0)
    assert row["posts"]


def test_sources_of_alerts_leave_with_how_they_stand(sign_in, desk):
    client = sign_in("quan")
    assert client.post(f"{LIST}new/", FIELDS | {"is_signed": "on"}).status_code == 302
    (row,) = rows_of(client, LIST)
    assert (row["name"], row["expected_seconds"], row["heard_at_utc"], row["alerts"]) == ("bkav", 5400, None, 0)
    assert not [name for name in row if "digest" in name or "secret" in name]
