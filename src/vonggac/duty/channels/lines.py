"""The lines on which a pager sends: mail, gateways, Apprise; one letter at a time."""

from django.conf import settings

from vonggac.duty.channels import gateway, through_apprise, vault
from vonggac.duty.channels.gateway import Gateway
from vonggac.duty.channels.mail import MailLine
from vonggac.duty.delivery import Failure, Fault
from vonggac.duty.escalation.letters import Outgoing
from vonggac.duty.models import Channel, ChannelKind
from vonggac.errors import ConfigurationError, InputError


class Lines:
    """Every way out of the desk; what stays open between two letters is the mail server's connection."""

    def __init__(self) -> None:
        self._mail = MailLine()

    def send(self, letter: Outgoing) -> Failure | None:
        """None when the letter's channel took it; never raises for what the other side does."""
        if letter.row.channel is None:
            return self._mail.send(letter)
        return tried(letter.row.channel, letter)

    def close(self) -> None:
        """Let go of what is open."""
        self._mail.close()


def tried(channel: Channel, letter: Outgoing) -> Failure | None:
    """None when the channel took the letter; what its own set-up lacks is a failure like any other."""
    try:
        return through(channel, letter)
    except ConfigurationError as error:
        return Failure(Fault.SERVER, str(error), is_outage=True)
    except InputError as error:
        return Failure(Fault.LETTER, str(error), is_final=True)


def through(channel: Channel, letter: Outgoing) -> Failure | None:
    """Hand one letter over by a gateway or by Apprise."""
    secrets, allowed = vault.opened(channel.secrets), settings.VONGGAC_PRIVATE_DESTINATIONS
    row = letter.row
    values = {
        "to": row.address,
        "text": letter.brief,
        "subject": row.subject,
        "body": letter.body,
        "key": row.key,
        "name": row.name,
    }
    if channel.kind == ChannelKind.APPRISE:
        return through_apprise.send(channel.settings["address"], values, secrets, allowed=allowed)
    request = Gateway.from_json(channel.settings, allowed=allowed)
    return gateway.send(request, values, secrets, allowed=allowed)
