"""Lists of the office itself leave as files: what their pages say, and never a secret."""

import hashlib
import json
import re
from io import BytesIO

import pytest
from openpyxl import load_workbook

from tests.desk.test_alert_sources import FIELDS, LIST
from tests.desk.test_call_pages import GATEWAY, POLICY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_home")]


def rows_of(client, path: str) -> list[dict[str, object]]:
    """The rows as JSON; the other forms hold as many lines, in the same columns."""
    rows = json.loads(client.get(f"{path}?format=json").content)["rows"]
    columns = list(rows[0])
    lines = client.get(f"{path}?format=csv").content.decode("utf-8-sig").splitlines()
    assert (lines[0].split(","), len(lines)) == (columns, len(rows) + 1)
    sheet = load_workbook(BytesIO(client.get(f"{path}?format=xlsx").content)).active
    assert ([cell.value for cell in sheet[1]], sheet.max_row) == (columns, len(rows) + 1)
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
    kept = hashlib.sha256(secret.encode()).hexdigest()
    assert not {secret, kept} & set(map(str, row.values()))
    assert sign_in("ha").get("/tokens?format=csv").status_code == 403


def test_channels_leave_without_what_they_ask_of_the_other_side(sign_in, desk):
    client = sign_in("quan")
    assert client.post("/channels/new/gateway/", {**GATEWAY, "url": "https://sms.example/"}).status_code == 302
    (row,) = rows_of(client, "/channels/")
    assert (row["name"], row["kind"], row["takes_phones"], row["tried_at_utc"]) == ("SMS", "gateway", True, None)
    text = client.get("/channels/?format=json").content.decode()
    assert not [word for word in ("bí-mật-42", "sms.example", "Bearer") if word in text]


def test_a_policy_leaves_with_a_line_a_step(sign_in, desk):
    client = sign_in("ha")
    assert client.post("/policies/new/", POLICY).status_code == 302
    rows = rows_of(client, "/policies/")
    assert [(row["policy"], row["step"], row["calls"], row["wait_minutes"]) for row in rows] == [
        ("Ban đêm", 1, "on_duty", 5), ("Ban đêm", 2, "head", 10),
    ]  # fmt: skip


def test_the_duty_list_leaves_with_posts_and_numbers(sign_in, desk):
    client = sign_in("ha")
    page = client.get("/roster/people/").content.decode()
    post = re.search(r'name="post" value="(\d+)"', page)[1]
    assert client.post("/roster/people/", {"names": "Phạm An; 0900 000 001", "post": [post]}).status_code == 302
    (row,) = rows_of(client, "/roster/people/")
    assert (row["name"], row["phone"], row["code"], row["coming_shifts"]) == ("Phạm An", "0900 000 001", "hai-van", 0)
    assert row["posts"]


def test_sources_of_alerts_leave_with_how_they_stand(sign_in, desk):
    client = sign_in("quan")
    assert client.post(f"{LIST}new/", FIELDS | {"is_signed": "on"}).status_code == 302
    (row,) = rows_of(client, LIST)
    assert (row["name"], row["expected_seconds"], row["heard_at_utc"], row["alerts"]) == ("bkav", 5400, None, 0)
    assert not [name for name in row if "digest" in name or "secret" in name]
