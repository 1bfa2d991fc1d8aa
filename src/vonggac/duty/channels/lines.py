"""The lines on which a pager sends: mail, gateways, Apprise; one letter at a time."""

from django.conf import settings

from vonggac.duty.channels import gateway, through_apprise, vault
from vonggac.duty.channels.gateway import Gateway
from vonggac.duty.channels.mail import MailLine
from vonggac.duty.channels.outcome import Outcome, later, refused
from vonggac.duty.models import Channel, ChannelKind, Letter
from vonggac.errors import ConfigurationError, InputError


class Lines:
    """Every way out of the desk; what stays open between two letters is the mail server's connection."""

    def __init__(self) -> None:
        self._mail = MailLine()

    def send(self, letter: Letter) -> Outcome:
        """Hand one letter over by its channel, and say what became of it; never raises for what the other side does."""
        if letter.channel is None:
            return self._mail.send(letter) if letter.address else refused("there is no mail address")
        try:
            return through(letter.channel, letter)
        except ConfigurationError as error:
            return later(str(error), is_channel_down=True)
        except InputError as error:
            return refused(str(error))

    def close(self) -> None:
        """Let go of what is open."""
        self._mail.close()


def through(channel: Channel, letter: Letter) -> Outcome:
    """Hand one letter over by a gateway or by Apprise."""
    secrets, allowed = vault.opened(channel.secrets), settings.VONGGAC_PRIVATE_DESTINATIONS
    values = {
        "to": letter.address,
        "text": letter.brief,
        "subject": letter.subject,
        "body": letter.body,
        "key": letter.key,
        "name": letter.name,
    }
    if channel.kind == ChannelKind.APPRISE:
        return through_apprise.send(channel.settings["address"], values, secrets, allowed=allowed)
    request = Gateway.from_json(channel.settings, allowed=allowed)
    return gateway.send(request, values, secrets, allowed=allowed)
