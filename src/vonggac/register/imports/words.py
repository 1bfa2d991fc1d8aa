"""The words that people's files use for the register's fixed values, Vietnamese and English."""

from vonggac.register.imports import values

ORGANISATION_KINDS: dict[str, tuple[str, ...]] = {
    "ministry": ("bộ", "bộ ngành", "cơ quan ngang bộ"),
    "province": ("tỉnh", "thành phố trực thuộc trung ương", "UBND tỉnh"),
    "department": ("sở", "sở ban ngành", "ban", "ngành"),
    "district": ("huyện", "quận", "thị xã", "UBND huyện"),
    "commune": ("xã", "phường", "đặc khu", "thị trấn", "UBND xã", "UBND phường"),
    "corporation": ("tập đoàn", "tổng công ty", "doanh nghiệp", "công ty"),
    "bank": ("ngân hàng",),
    "telco": ("viễn thông", "doanh nghiệp viễn thông"),
    "isp": ("nhà cung cấp dịch vụ internet", "internet"),
    "platform": ("nền tảng số", "nền tảng", "mạng xã hội"),
    "hospital": ("bệnh viện", "cơ sở y tế"),
    "school": ("trường", "trường học"),
    "authority": ("cơ quan điều phối", "cơ quan chuyên trách"),
    "other": ("khác",),
}
ASSET_KINDS: dict[str, tuple[str, ...]] = {
    "server": ("máy chủ",),
    "workstation": ("máy trạm", "máy tính", "PC", "laptop"),
    "service": ("dịch vụ",),
    "network_device": ("thiết bị mạng", "router", "switch", "firewall"),
}
SENSOR_KINDS: dict[str, tuple[str, ...]] = {
    "flow": ("luồng", "lưu lượng", "netflow", "conn"),
    "dns": ("tên miền",),
    "nat": ("chuyển đổi địa chỉ",),
    "dhcp": ("cấp phát địa chỉ",),
}
SILENCE: dict[str, tuple[str, ...]] = {"heartbeat": ("nhịp tim", "nhịp"), "rotation": ("bản kê tệp", "xoay vòng")}
ROLES: dict[str, tuple[str, ...]] = {
    "head": ("lãnh đạo", "thủ trưởng"),
    "duty_officer": ("trực ban", "cán bộ trực"),
    "it_officer": ("cán bộ CNTT", "cán bộ công nghệ thông tin", "phụ trách CNTT"),
    "analyst": ("chuyên viên phân tích", "phân tích"),
    "auditor": ("kiểm toán", "kiểm tra"),
    "administrator": ("quản trị", "quản trị viên"),
}
LANGUAGES: dict[str, tuple[str, ...]] = {"vi": ("tiếng Việt", "Việt"), "en": ("English", "tiếng Anh", "Anh")}
YES_NO: dict[str, tuple[str, ...]] = {"yes": ("có", "1", "true", "x", "y"), "no": ("không", "0", "false", "n")}

organisation_kind = values.choice(ORGANISATION_KINDS)
asset_kind = values.choice(ASSET_KINDS)
sensor_kind = values.choice(SENSOR_KINDS)
silence = values.choice(SILENCE)
role = values.choice(ROLES)
language = values.choice(LANGUAGES)
yes_no = values.choice(YES_NO)

ORGANISATION = ("đơn vị", "mã đơn vị", "cơ quan", "mã cơ quan", "organization", "unit", "org")
NAME = ("tên",)
CODE = ("mã",)
KIND = ("loại", "type")
FROM = ("từ ngày", "hiệu lực từ", "from")
TO = ("đến ngày", "hiệu lực đến", "to")
EMAIL = ("thư điện tử", "e-mail", "mail", "hộp thư")
PHONE = ("điện thoại", "số điện thoại", "tel", "mobile")
