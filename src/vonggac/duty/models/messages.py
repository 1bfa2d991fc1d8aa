"""Messages to organisations, and the signed links in them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from vonggac.register.models import Organisation, Person
from vonggac.tenancy.fields import PathField


class Message(models.Model):
    """One message to one organisation: what changed, never one per row; sent by a job, kept with what became of it."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="messages")
    org_path = PathField()
    to = models.EmailField(blank=True)
    subject = models.CharField(max_length=300)
    body = models.TextField()
    made_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    failure = models.CharField(max_length=300, blank=True)

    class Meta:
        db_table = "duty_message"
        indexes = (models.Index(fields=["org_path", "-made_at"], name="message_time"),)

    def __str__(self) -> str:
        return self.subject


class Link(models.Model):
    """A signed, single-use link: GET shows, POST acts once. Only the digest of its secret is kept."""

    digest = models.CharField(max_length=64, unique=True)
    purpose = models.CharField(
        max_length=20,
        choices=[
            ("acknowledge", _("acknowledge")),
            ("sign_in", _("sign in")),
            ("page", _("answer a call")),
            ("note", _("say how it goes")),
            ("contact", _("confirm a contact")),
        ],
    )
    organisation = models.ForeignKey(Organisation, models.CASCADE, null=True, blank=True, related_name="+")
    org_path = PathField(blank=True)
    person = models.ForeignKey(Person, models.CASCADE, null=True, blank=True, related_name="+")
    subjects = models.JSONField(default=dict, help_text="what it acts on, for example {case: [1, 2]}")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "duty_link"

    def __str__(self) -> str:
        return f"{self.purpose} {self.org_path}"
