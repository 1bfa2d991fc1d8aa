"""Messages to organisations, and the signed links in them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from vonggac.duty.delivery import Fault, Standing, standing
from vonggac.register.models import Organisation, Person
from vonggac.tenancy.fields import PathField


class Message(models.Model):
    """One message to one organisation: what changed, never one per row; sent by a job, kept with what became of it.

    Where it asks for an acknowledgement, `subjects` says of what, and the body holds `{link}` where the letter carries
    a link: the link itself is made when the letter goes out, so that no secret is kept.
    """

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="messages")
    org_path = PathField()
    to = models.EmailField(blank=True)
    subject = models.CharField(max_length=300)
    body = models.TextField()
    subjects = models.JSONField(default=dict, blank=True, help_text="what its link acknowledges: {case: [1, 2]}")
    made_at = models.DateTimeField()
    is_personal = models.BooleanField(default=False, help_text="to one person, not to the organisation's own address")
    queued_at = models.DateTimeField(help_text="when it was last asked to be sent: made, or sent again by hand")
    sent_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    fault = models.CharField(max_length=20, blank=True, choices=[(fault.value, fault.value) for fault in Fault])
    failure = models.CharField(max_length=300, blank=True, help_text="the mail server's own words")
    attempts = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="by the database's clock; while it is being sent, the end of the sender's lease; null: no more tries",
    )
    link_made_at = models.DateTimeField(null=True, blank=True, help_text="when a link was last made by hand")

    class Meta:
        db_table = "duty_message"
        indexes = (
            models.Index(fields=["org_path", "-made_at"], name="message_time"),
            models.Index(
                fields=["next_try_at", "id"], condition=models.Q(next_try_at__isnull=False), name="message_due"
            ),
            models.Index(
                fields=["org_path"],
                condition=models.Q(sent_at__isnull=True, link_made_at__isnull=True),
                name="message_untold",
            ),
        )

    def __str__(self) -> str:
        return self.subject

    @property
    def standing(self) -> Standing:
        """Where the message stands."""
        return standing(
            sent_at=self.sent_at,
            failed_at=self.failed_at,
            next_try_at=self.next_try_at,
            has_address=bool(self.to),
        )


class Link(models.Model):
    """A signed, single-use link: GET shows, POST acts once. Only the digest of its secret is kept."""

    digest = models.CharField(max_length=64, unique=True)
    purpose = models.CharField(
        max_length=20,
        choices=[
            ("acknowledge", _("acknowledge")),
            ("sign_in", _("sign in")),
            ("check_in", _("check in")),
            ("awake", _("answer at night")),
            ("page", _("answer a call")),
            ("note", _("say how it goes")),
            ("contact", _("confirm a contact")),
        ],
    )
    organisation = models.ForeignKey(Organisation, models.CASCADE, null=True, blank=True, related_name="+")
    org_path = PathField(blank=True)
    message = models.ForeignKey(
        Message, models.SET_NULL, null=True, blank=True, related_name="links", help_text="the message it was made for"
    )
    person = models.ForeignKey(Person, models.CASCADE, null=True, blank=True, related_name="+")
    subjects = models.JSONField(default=dict, help_text="what it acts on, for example {case: [1, 2]}")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "duty_link"

    def __str__(self) -> str:
        return f"{self.purpose} {self.org_path}"
