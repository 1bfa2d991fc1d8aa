"""A small register as files, as an office would hand it in, and the shortest way to import one."""

from datetime import date

from tests import cast
from vonggac.register import imports

TODAY = date(2026, 4, 20)
FILES = {
    "organisations": "Mã,Tên,Loại,Cấp trên\nxa-1,Xã Một,xã,hv\nhv,UBND tỉnh Hải Vân,tỉnh,\nyt,Sở Y tế,sở,hv\n",
    "people": (
        "email,họ tên,đơn vị,vai trò,điện thoại\n"
        "a@example.vn,An,hv,lãnh đạo,+84 90 1\na@example.vn,An,yt,trực ban,+84 90 1\n"
    ),
    "networks": "dải IP,đơn vị\n203.0.113.0/24,hv\n203.0.113.0/26,yt\n2001:db8::/32,hv\n",
    "systems": "mã hệ thống,tên hệ thống,đơn vị,cấp độ\nht-1,Một cửa,hv,3\n",
    "assets": (
        "tên máy,loại,đơn vị,địa chỉ,hệ thống,nat_pool\n"
        "SV-1,máy chủ,hv,10.0.0.1,ht-1,\nSV-1,máy chủ,hv,10.0.0.2,ht-1,\nPC-1,máy trạm,xa-1,10.1.0.1,,203.0.113.20\n"
    ),
    "sensors": "name,kind,organisation,networks,max_quiet_seconds\nbien-yt,flow,yt,203.0.113.0/26 10.0.0.0/8,3600\n",
    "heartbeats": "sensor,from_utc,to_utc\nbien-yt,2026-01-01T00:00:00Z,2026-01-02T00:00:00Z\n",
    "rotation": "sensor,file,from_utc,to_utc,records\nbien-yt,a.csv,2026-01-01T00:00:00Z,2026-01-01T01:00:00Z,5\n",
    "contacts": (
        "đầu mối,đơn vị,điện thoại,email,in trong\n"
        "Trực ban,hv,0283 1; 0283 2,truc@example.vn,1465\nQuốc gia,,113; 114,,1465\n"
    ),
}


def plan(kind, text, at=TODAY, now=cast.NOON):
    content = text if isinstance(text, bytes) else text.encode()
    return imports.plan(kind, content, f"{kind}.xlsx" if content[:2] == b"PK" else f"{kind}.csv", at=at, now=now)


def bring_in(kind, text, at=TODAY, now=cast.NOON):
    planned = plan(kind, text, at, now)
    imports.apply(planned, at=now)
    return planned


def bring_in_all(files=FILES):
    for kind, text in files.items():
        planned = bring_in(kind, text)
        assert not planned.rejects


def faults(planned):
    return [(reject.line, reject.column) for reject in planned.rejects]
