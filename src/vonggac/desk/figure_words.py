"""The figures of a report in the words of the desk, and what changed among them."""

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from vonggac.desk.words import Word
from vonggac.reports.ageing import Change
from vonggac.reports.figures import Standing

# Figure of a clause → its mark and its word.
FIGURES: Mapping[str, tuple[str, Word]] = {
    "bound": ("wait", gettext_lazy("bound")),
    "claimed": ("claimed", gettext_lazy("claimed")),
    "cannot_comply": ("late", gettext_lazy("cannot comply")),
    "disputed": ("wait", gettext_lazy("says: not ours")),
    "silent": ("wait", gettext_lazy("says nothing yet")),
    "proven": ("proven", gettext_lazy("proven")),
    "contradicted": ("against", gettext_lazy("contradicted")),
    "not_observable": ("unseen", gettext_lazy("not observable")),
    "watched": ("wait", gettext_lazy("claimed, answer awaited")),
    "late": ("late", gettext_lazy("late")),
}
# Only a rule gives these.
JUDGED = frozenset({"proven", "contradicted", "not_observable", "watched"})
# Where hosts stand, in the order of the report.
STANDINGS: Mapping[Standing, tuple[str, Word]] = {
    Standing.PROVEN: ("proven", gettext_lazy("proven")),
    Standing.CONTRADICTED: ("against", gettext_lazy("contradicted")),
    Standing.NOT_OBSERVABLE: ("unseen", gettext_lazy("not observable")),
    Standing.WATCHED: ("wait", gettext_lazy("claimed, answer awaited")),
    Standing.CLOSED_CLAIMED: ("claimed", gettext_lazy("closed before observation answered")),
    Standing.UNANSWERED: ("wait", gettext_lazy("not answered")),
    Standing.NOT_OURS: ("wait", gettext_lazy("says: not ours")),
    Standing.CANNOT: ("late", gettext_lazy("says: cannot comply")),
    Standing.CLOSED: ("claimed", gettext_lazy("closed without a claim")),
}
HOSTS: Mapping[str, Word] = {
    "hosts.total": gettext_lazy("hosts in all"),
    "hosts.handled": gettext_lazy("hosts claimed done"),
    "hosts.late": gettext_lazy("hosts late"),
    "hosts.before": gettext_lazy("hosts in the previous report"),
    "hosts.opened": gettext_lazy("hosts new since the previous report"),
}


def change_text(change: Change) -> str:
    """`1.c, đã báo: 3 → 5`."""
    if change.name == "annex":
        count = change.after or 0
        said = ngettext(
            "annex: %(n)d organisation answers otherwise", "annex: %(n)d organisations answer otherwise", count
        )
        return said % {"n": count}
    before, after = ("–" if value is None else value for value in (change.before, change.after))
    return f"{_name(change)}: {before} → {after}"


def _name(change: Change) -> str:
    if change.clause:
        return _("clause %(label)s, %(figure)s") % {"label": change.clause, "figure": FIGURES[change.name][1]}
    if change.name in HOSTS:
        return str(HOSTS[change.name])
    group, _dot, name = change.name.partition(".")
    if group == "hosts":
        return _("hosts: %(standing)s") % {"standing": STANDINGS[Standing(name)][1]}
    if group == "late":
        return _("late hosts: %(standing)s") % {"standing": STANDINGS[Standing(name)][1]}
    return _("hosts that lack: %(log)s") % {"log": change.name.removeprefix("lack.")}
