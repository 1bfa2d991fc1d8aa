"""Posts and the shifts of people on them."""

from django.db import models

from vonggac.register.models import Organisation, Person
from vonggac.tenancy.fields import PathField


class Post(models.Model):
    """A place that must be staffed, with how many people it needs at once."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="posts")
    org_path = PathField()
    name = models.CharField(max_length=100)
    minimum = models.PositiveSmallIntegerField(default=1)
    needs_lead = models.BooleanField(default=False)

    class Meta:
        db_table = "duty_post"
        constraints = (models.UniqueConstraint(fields=["organisation", "name"], name="post_once"),)

    def __str__(self) -> str:
        return self.name


class Shift(models.Model):
    """A person on a post for a time, as planned; `checked_in_at` says that they were there."""

    post = models.ForeignKey(Post, models.CASCADE, related_name="shifts")
    org_path = PathField()
    person = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="shifts")
    person_name = models.CharField(max_length=200, help_text="as in the imported table; they may have no account")
    phone = models.CharField(max_length=40, blank=True)
    skill = models.CharField(max_length=30, blank=True)
    from_utc = models.DateTimeField()
    to_utc = models.DateTimeField()
    checked_in_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "duty_shift"
        indexes = (models.Index(fields=["org_path", "from_utc"], name="shift_time"),)
        constraints = (
            models.UniqueConstraint(fields=["post", "person_name", "from_utc"], name="shift_once"),
            models.CheckConstraint(
                condition=models.Q(to_utc__gt=models.F("from_utc")), name="shift_ends_after_it_begins"
            ),
        )

    def __str__(self) -> str:
        return f"{self.person_name} {self.from_utc}"
