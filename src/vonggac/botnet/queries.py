"""Reads of who sends lists and of what lists say and nobody could read, within the scope in force."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from vonggac.botnet.models import BotnetList, Sender, Settling, Unread
from vonggac.botnet.rules import sender_key
from vonggac.errors import OutOfScope
from vonggac.register.models import Organisation


def senders(office: Organisation) -> list[str]:
    """The names of those who sent lists to an office."""
    return list(Sender.objects.filter(org_path=office.path).order_by("name").values_list("name", flat=True))


def sender_of(office: Organisation, name: str) -> Sender | None:
    """Who sent lists to an office under this name, however it is written; None where no list came yet."""
    key = sender_key(name)
    return next(
        (one for one in Sender.objects.filter(org_path=office.path).order_by("pk") if sender_key(one.name) == key), None
    )


def same_file(office: Organisation, sha256: str) -> BotnetList | None:
    """The newest list that an office entered from these bytes, whoever was named as its sender."""
    return BotnetList.objects.filter(org_path=office.path, sha256=sha256).order_by("-received_at", "-pk").first()


def find_lists(words: str) -> QuerySet[BotnetList]:
    """The lists whose file or sender's name holds the words, the newest first."""
    is_named = Q(file_name__icontains=words) | Q(sender__name__icontains=words)
    return BotnetList.objects.filter(is_named).select_related("sender").order_by("-received_at", "-pk")


def spellings() -> dict[str, str]:
    """Each sender's name in the scope → the first one that was written for the same sender, at whichever office."""
    first: dict[str, str] = {}
    names = Sender.objects.order_by("pk").values_list("name", flat=True)
    return {name: first.setdefault(sender_key(name), name) for name in names}


def standing() -> QuerySet[Settling]:
    """The settlings that nobody withdrew."""
    return Settling.objects.filter(withdrawn_at__isnull=True)


def open_ones() -> QuerySet[Unread]:
    """What nobody has settled yet."""
    return Unread.objects.filter(~Exists(standing().filter(unread=OuterRef("pk"))))


def unread_thing(number: int) -> Unread:
    """One unread thing of the scope; OutOfScope where there is none."""
    found = Unread.objects.select_related("botnet_list__sender").filter(pk=number).first()
    if found is None:
        raise OutOfScope(f"there is nothing unread with the number {number} in the lists that you may read")
    return found
