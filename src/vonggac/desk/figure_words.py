"""The figures of a report in the words of the desk, and what changed among them."""

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from vonggac.desk.words import Word
from vonggac.reports.ageing import Change

# Figure of a clause → its mark and its word.
FIGURES: Mapping[str, tuple[str, Word]] = {
    "bound": ("wait", gettext_lazy("bound")),
    "claimed": ("claimed", gettext_lazy("claimed")),
    "proven": ("proven", gettext_lazy("proven")),
    "contradicted": ("against", gettext_lazy("contradicted")),
    "not_observable": ("unseen", gettext_lazy("not observable")),
    "late": ("late", gettext_lazy("late")),
    "cannot_comply": ("late", gettext_lazy("cannot comply")),
}
# Only a rule gives these.
JUDGED = frozenset({"proven", "contradicted", "not_observable"})
HOSTS: Mapping[str, Word] = {
    "hosts.total": gettext_lazy("hosts in all"),
    "hosts.handled": gettext_lazy("hosts claimed done"),
    "hosts.proven": gettext_lazy("hosts proven"),
    "hosts.contradicted": gettext_lazy("hosts contradicted"),
    "hosts.not_observable": gettext_lazy("hosts not observable"),
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
    return _("hosts that lack: %(log)s") % {"log": change.name.removeprefix("lack.")}
