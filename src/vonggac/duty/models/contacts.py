"""Ways on which people are reached: gateways, people's own addresses on them, and the hours in which they rest."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from vonggac.register.models import Organisation, Person
from vonggac.tenancy.fields import PathField


class ChannelKind(models.TextChoices):
    """How a channel hands a text over; mail goes out through the desk's own mail server and needs none."""

    GATEWAY = "gateway", _("HTTP gateway")
    APPRISE = "apprise", _("Apprise")


class Channel(models.Model):
    """A way out beside mail, of one organisation and those below it, or of the whole desk.

    What may be read stands in `settings`; what must not (keys, tokens) is sealed in `secrets` and never shown again.
    """

    organisation = models.ForeignKey(Organisation, models.CASCADE, null=True, blank=True, related_name="+")
    org_path = PathField(blank=True, help_text="empty: of the whole desk")
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, choices=ChannelKind.choices)
    takes_phones = models.BooleanField(default=False, help_text="addresses are phone numbers: people without one of "
                                       "their own are reached by the number in the roster")  # fmt: skip
    settings = models.JSONField(default=dict)
    secrets = models.TextField(blank=True)
    is_enabled = models.BooleanField(default=True)
    changed_at = models.DateTimeField()
    tried_at = models.DateTimeField(null=True, blank=True, help_text="when it last sent a test, as it is set up now")
    trouble = models.CharField(max_length=300, blank=True, help_text="what stood in the way of that test")

    class Meta:
        db_table = "duty_channel"
        constraints = (models.UniqueConstraint(fields=["org_path", "name"], name="channel_once"),)

    def __str__(self) -> str:
        return self.name


class ContactMethod(models.Model):
    """One way to reach a person; `tested_at` says that they once answered a test that came by it."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="contact_methods")
    channel = models.ForeignKey(Channel, models.CASCADE, null=True, blank=True, related_name="+")
    address = models.CharField(max_length=300, help_text="mail address, phone number, or a chat's own name for them")
    after_minutes = models.PositiveSmallIntegerField(default=0, help_text="used only while nobody answered so long")
    is_enabled = models.BooleanField(default=True)
    made_at = models.DateTimeField()
    test_sent_at = models.DateTimeField(null=True, blank=True)
    tested_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    failure = models.CharField(max_length=300, blank=True)

    class Meta:
        db_table = "duty_contact_method"
        constraints = (
            models.UniqueConstraint(
                fields=["person", "channel", "address"], name="contact_method_once", nulls_distinct=False
            ),
        )

    def __str__(self) -> str:
        return self.address

    @property
    def is_in_use(self) -> bool:
        """False while its channel is out of use: no call goes by it."""
        return self.channel is None or self.channel.is_enabled


class QuietHours(models.Model):
    """The hours in which a person is not to be woken, unless they are on duty or nobody else is left."""

    person = models.OneToOneField(Person, models.CASCADE, related_name="quiet_hours")
    begins = models.TimeField(help_text="on the desk's clock; later than `ends`: over midnight")
    ends = models.TimeField()

    class Meta:
        db_table = "duty_quiet_hours"

    def __str__(self) -> str:
        return f"{self.begins:%H:%M}–{self.ends:%H:%M}"
