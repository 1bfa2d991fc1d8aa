"""What is said of a press, and the desk on which it happens."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from importlib.resources import files
from urllib.parse import parse_qs, urlsplit

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from playwright.sync_api import Page

from tests.browser.watch_stage import Watch
from tests.cast import Cast
from tests.desk import forms
from tests.desk.exhibit import Exhibit
from vonggac.cases.models import Case
from vonggac.directives.models import Directive, Obligation
from vonggac.reports.models import Report
from vonggac.tenancy.scope import scoped, system

DISPATCH = files("vonggac.exercise").joinpath("data/chi-dao.txt").read_bytes()


@dataclass
class Stage:
    """The exhibit on a live desk; what has to be there before a press comes in by the forms that people use."""

    desk: Exhibit
    at: datetime
    clients: dict[str, Client] = field(default_factory=dict)
    watch: Watch | None = None

    @property
    def people(self) -> Cast:
        return self.desk.people

    def client(self, who: str) -> Client:
        """Somebody's session beside the browser."""
        if who not in self.clients:
            self.clients[who] = Client(headers={"accept-language": "vi"})
            self.clients[who].force_login(self.people.people[who])
        return self.clients[who]

    def post(self, who: str, path: str, **data: object) -> HttpResponse:
        """A form handed in by somebody; a text with a name ending in _file becomes an upload."""
        filled = {
            name.removesuffix("_file"): SimpleUploadedFile(f"{name}.csv", value) if isinstance(value, bytes) else value
            for name, value in data.items()
        }
        answer = self.client(who).post(path, filled)
        assert answer.status_code < 400, answer.content.decode()[:3000]
        return answer

    def register(self, kind: str, text: str, who: str = "quan") -> None:
        """A register file through its preview."""
        preview = self.post(who, f"/register/{kind}/import", file=text.encode())["Location"]
        token = parse_qs(urlsplit(preview).query)["token"][0]
        self.post(who, f"/register/{kind}/apply", token=token)

    def upload(self, content: bytes = DISPATCH) -> str:
        """The confirm page of a dispatch that was handed in."""
        file = SimpleUploadedFile("chi-dao.txt", content)
        return self.client("ha").post("/directives/upload/", {"file": file}).url

    def enter_dispatch(self) -> None:
        """The dispatch in force, beside the exhibit's own directive."""
        assert forms.enter(self.client("ha"), self.upload()).status_code == 302

    def case(self, name: str, act: str = "") -> str:
        """The page of a host's case, or the address of an act on it."""
        return f"/cases/{self.desk.hosts[name].pk}/{act}"

    def state(self, name: str) -> Case:
        """A host's case as it stands now."""
        with scoped(system("tests")):
            return Case.objects.get(pk=self.desk.hosts[name].pk)

    def directive(self, number: str = "31") -> Directive:
        with scoped(system("tests")):
            return Directive.objects.get(number=number)

    def obligation(self, label: str, unit: str) -> Obligation:
        with scoped(system("tests")):
            found = Obligation.objects.select_related("case")
            return found.get(directive__number="31", clause__label=label, organisation__code=unit)

    def report(self) -> Report:
        with scoped(system("tests")):
            return Report.objects.get()

    def draft(self) -> None:
        """A draft of the exhibit's directive, made by Hà."""
        self.post("ha", "/reports/draft/", directive=self.directive().pk)

    def report_page(self) -> str:
        return f"/reports/{self.report().pk}/"


def nothing(_stage: Stage) -> None:
    """No more is needed than the exhibit."""


@dataclass(frozen=True)
class Press:
    """A button by its name in the templates, who presses it on which page, and what stands there afterwards.

    `act` is the ledger entry that the person leaves ("" for a press that is nobody's business but one's own, or that
    shows something only); `holds` looks into the database; `seen_by` opens `seen_at` and finds `seen`, or, where
    `seen` is empty, is shown the refusal that a stranger gets.
    """

    button: str
    by: str
    at: Callable[[Stage], str]
    press: Callable[[Page], None]
    act: str
    holds: Callable[[Stage], bool]
    seen_by: str
    seen_at: Callable[[Stage], str]
    seen: str
    before: Callable[[Stage], None] = nothing


def form(page: Page, action: str) -> object:
    """The form that goes to an address with this end."""
    return page.locator(f"form[action$='{action}']").first


def open_form(page: Page, identifier: str) -> object:
    """The form behind a line that opens, opened."""
    details = page.locator(f"#{identifier}")
    if details.get_attribute("open") is None:
        details.locator("summary").click()
    return details


def choose(page: Page, content: bytes, name: str, within: str = "") -> None:
    """A file chosen in the page's form for it."""
    chosen = {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    page.locator(f"{within} input[type=file]").first.set_input_files(chosen)
