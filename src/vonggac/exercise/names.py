"""The invented names of the exercise province; none is that of a real unit of a real province or of a person."""

PROVINCE = "Hải Vân"

DEPARTMENTS = (
    "Sở Khoa học và Công nghệ", "Sở Y tế", "Sở Giáo dục và Đào tạo", "Sở Tài chính", "Sở Nội vụ", "Sở Xây dựng",
    "Sở Nông nghiệp và Môi trường", "Sở Công Thương", "Sở Văn hóa, Thể thao và Du lịch", "Văn phòng UBND tỉnh",
)  # fmt: skip

# (name, kind, the department above it by its place in DEPARTMENTS, or None for the province itself)
INSTITUTIONS = (
    ("Trung tâm Chuyển đổi số Hải Vân", "other", 0),
    ("Bệnh viện đa khoa Hải Vân", "hospital", 1),
    ("Bệnh viện Sản Nhi Hải Vân", "hospital", 1),
    ("Trường Cao đẳng Hải Vân", "school", 2),
    ("Đài Phát thanh và Truyền hình Hải Vân", "other", None),
)

# Those whom the second part of the dispatch obliges, and two who answer for the first part alone.
ENTERPRISES = (
    ("Viễn thông Sóng Biển – Chi nhánh Hải Vân", "telco"),
    ("Di động Mây Ngàn – Chi nhánh Hải Vân", "telco"),
    ("Internet Cáp Gió Hải Vân", "isp"),
    ("Sàn giao dịch số Chợ Đèo", "platform"),
    ("Ngân hàng Cửa Biển – Chi nhánh Hải Vân", "bank"),
    ("Tổng công ty Cảng Hải Vân", "corporation"),
)

COMMUNES = (
    "phường Cửa Biển", "phường Đèo Mây", "phường Bến Gió", "xã Suối Trong", "xã Đồng Lau", "xã Hòn Sương",
    "xã Bãi Dài Mới", "xã Núi Chè", "xã Cầu Đá Xanh", "xã Vũng Trăng", "xã Rừng Thông Non", "xã Đầm Sen Trắng",
    "xã Gành Son", "xã Truông Gió", "xã Khe Bạc", "phường Chợ Sớm", "phường Ga Cũ", "xã Đảo Yến Con",
)  # fmt: skip

FAMILIES = (
    "andromeda", "avalanche", "bankpatch", "conficker", "dorkbot", "gamarue", "gozi", "mirai", "mozi", "necurs",
    "nymaim", "qsnatch", "ramnit", "sality", "tinba", "virut", "zeroaccess", "zeus",
)  # fmt: skip

DESTINATION_NAMES = tuple(
    f"{left}.{right}"
    for left in ("www", "mail", "cdn", "api", "img", "login", "update", "time", "news", "dichvucong")
    for right in ("example.com", "example.org", "example.net", "haivan.example", "truong.example", "benhvien.example")
)

# Names of posts, not of people: the exercise invents no person that could be mistaken for a real one.
PEOPLE = (
    ("Trực ban Một", "duty"), ("Trực ban Hai", "duty"), ("Trực ban Ba", "duty"), ("Trực ban Bốn", "duty"),
    ("Trưởng ca Một", "lead"), ("Trưởng ca Hai", "lead"), ("Trưởng ca Ba", "lead"),
    ("Phân tích Một", "analyst"), ("Phân tích Hai", "analyst"),
)  # fmt: skip
