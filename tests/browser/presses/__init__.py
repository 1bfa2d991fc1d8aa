"""One press for each button of the desk: who presses it where, and what must then stand where."""

from tests.browser.presses.alerts import ALERTS
from tests.browser.presses.calls import CALLS
from tests.browser.presses.cases import CASES
from tests.browser.presses.directives import DIRECTIVES
from tests.browser.presses.frame import FRAME
from tests.browser.presses.notices import NOTICE_PRESSES
from tests.browser.presses.press import Press, Stage
from tests.browser.presses.reports import REPORTS
from tests.browser.presses.roster import ROSTER
from tests.browser.presses.roster_office import ROSTER_OFFICE
from tests.browser.presses.sources import SOURCES

PRESSES = (*ALERTS, *CALLS, *CASES, *DIRECTIVES, *FRAME, *NOTICE_PRESSES, *REPORTS, *ROSTER, *ROSTER_OFFICE, *SOURCES)

__all__ = ["PRESSES", "Press", "Stage"]
