"""The small province of the story as the files its offices would hand in, around the moment when it begins."""

from datetime import datetime, timedelta, timezone

C2 = "198.51.100.66"
SENDER = "Trung tâm giám sát"
ORGANISATIONS = (
    "Mã,Tên,Loại,Cấp trên,Thư điện tử\n"
    "hv-yt,Sở Y tế,sở,hv,cntt@yt.example\n"
    "hv-tc,Sở Tài chính,sở,hv,cntt@tc.example\n"
    "hv-pl,UBND phường Phước Lý,xã,hv,cntt@pl.example\n"
)
PEOPLE = "email,họ tên,đơn vị,vai trò\nlan@yt.example,Lan,hv-yt,it_officer\n"
NETWORKS = "dải IP,đơn vị\n203.0.113.0/26,hv-yt\n203.0.113.64/26,hv-tc\n203.0.113.128/26,hv-pl\n"
ASSETS = (
    "tên máy,loại,đơn vị,địa chỉ\n"
    "cong-yt,máy chủ,hv-yt,203.0.113.5\n"
    "thu-yt,máy chủ,hv-yt,203.0.113.6\n"
    "kho-tc,máy chủ,hv-tc,203.0.113.70\n"
)
SENSORS = "name,kind,organisation,networks\nyt-flow,flow,hv-yt,203.0.113.0/26\n"
LISTED = {"cong-yt": "203.0.113.5", "thu-yt": "203.0.113.6", "kho-tc": "203.0.113.70"}


def stamp(moment: datetime) -> str:
    """The moment as the files write it, in UTC."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def heartbeats(begins: datetime, ends: datetime) -> str:
    """The health department's sensor, heard without a gap."""
    return f"sensor,from_utc,to_utc\nyt-flow,{stamp(begins)},{stamp(ends)}\n"


# Nothing in the name of the fourth column says that the control server stands in it: a person has to.
LIST_HEADER = "thời gian,ip,cổng nguồn,nơi đến,mã độc"
HA_NOI = timezone(timedelta(hours=7))


def first_list(begins: datetime) -> str:
    """Three hosts of two departments, in the sender's own words and on the sender's own clock, and a line of dirt."""
    seen = (begins - timedelta(hours=6)).astimezone(HA_NOI)
    rows = (f"{seen:%Y-%m-%d %H:%M:%S},{ip},50123,{C2},mirai" for ip in LISTED.values())
    return "\n".join((LIST_HEADER, *rows, f"{seen:%Y-%m-%d %H:%M:%S},chưa rõ,50123,{C2},mirai", ""))


def next_list(seen: datetime) -> str:
    """The sender's next list: an address that is none of ours."""
    return f"{LIST_HEADER}\n{seen.astimezone(HA_NOI):%Y-%m-%d %H:%M:%S},192.0.2.201,50123,{C2},mirai\n"


def flows(claimed: datetime) -> str:
    """What the sensor wrote: ordinary traffic of both hosts, one contact three days after the claim, one torn line."""
    lines = ["time_utc,source_address,source_port,destination_address,destination_port,protocol,bytes"]
    for hour in range(0, 8 * 24, 6):
        at = claimed + timedelta(hours=hour, minutes=5)
        lines += [f"{stamp(at)},{LISTED[name]},40000,192.0.2.10,443,tcp,900" for name in ("cong-yt", "thu-yt")]
    lines.append(f"{stamp(claimed + timedelta(days=3))},{LISTED['thu-yt']},40001,{C2},443,tcp,120")
    lines.append(f"{stamp(claimed + timedelta(days=1))},,40001,192.0.2.10,443,tcp,7")
    return "\n".join((*lines, ""))
