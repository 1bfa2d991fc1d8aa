"""Messages in words: where one stands, why it did not go out, and its text without the link."""

from collections.abc import Iterable, Mapping

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from vonggac.desk.words import Word, word
from vonggac.duty import mail
from vonggac.duty.delivery import Fault, Standing
from vonggac.duty.messages import LINK
from vonggac.duty.models import Message
from vonggac.register.models import Organisation

STANDINGS: Mapping[str, Word] = {
    Standing.SENT: pgettext_lazy("message", "sent"),
    Standing.WAITING: gettext_lazy("waits to be sent"),
    Standing.TRYING: gettext_lazy("failed, is tried again by itself"),
    Standing.FAILED: pgettext_lazy("message", "failed"),
    Standing.NO_ADDRESS: gettext_lazy("no mail address"),
}
FAULTS: Mapping[str, Word] = {
    Fault.SERVER: gettext_lazy("The mail server was out of reach, or took no letters."),
    Fault.RECIPIENT: gettext_lazy("The mail server refuses this address."),
    Fault.CONTENT: gettext_lazy("The mail server refuses this letter."),
    Fault.LETTER: gettext_lazy("The address or the subject cannot be written as a letter."),
}
# The tone of a tag, "" for what is as it should be.
TONES: Mapping[str, str] = {Standing.TRYING: "late", Standing.FAILED: "against", Standing.NO_ADDRESS: "unseen"}


def standing_of(message: Message) -> str:
    """Where the message stands, in words."""
    found = message.standing
    if found is Standing.SENT and mail.is_boxed():
        return _("in the box of the exercise")
    if found is Standing.WAITING and not mail.carries():
        return _("waits: no mail server is set")
    return word(STANDINGS, found)


def reason_of(message: Message) -> str:
    """Why the message did not go out, "" for one that did or still may."""
    found = message.standing
    if found is Standing.NO_ADDRESS:
        return _("The organisation has no mail address in the register.")
    if message.fault:
        return word(FAULTS, message.fault)
    return _("It waited five days and could not be sent.") if found is Standing.FAILED else ""


def text_of(message: Message) -> str:
    """The text as it is kept, with words where the letter carries the link."""
    return message.body.replace(LINK, _("[here the letter carries a link, made when it goes out and kept nowhere]"))


def told_nothing(organisations: Iterable[Organisation]) -> SafeString | None:
    """How many of the organisations no mail reaches, with the way to tell them; None when mail reaches all."""
    is_carried = mail.carries()
    number = len({one.pk for one in organisations if not is_carried or not one.email})
    if number == 0:
        return None
    said = ngettext(
        "%(n)d organisation gets no mail and was told nothing: make it a link and pass it on, or call it.",
        "%(n)d organisations get no mail and were told nothing: make them links and pass them on, or call them.",
        number,
    ) % {"n": number}
    return format_html('{} <a href="{}">{}</a>', said, reverse("messages"), _("Messages"))
