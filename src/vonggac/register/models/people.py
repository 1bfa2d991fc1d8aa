"""People and the roles they hold on nodes of the tree."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.translation import gettext_lazy as _

from vonggac.register.folding import folded
from vonggac.register.models.organisations import Organisation
from vonggac.tenancy.fields import PathField


class People(BaseUserManager["Person"]):
    """Finds and makes people by their address."""

    def create_user(self, email: str, name: str, password: str | None = None, **fields: Any) -> "Person":
        """A new person; without a password they sign in by a one-time link first."""
        person = self.model(email=self.normalize_email(email).lower(), name=name, **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person


class Person(AbstractBaseUser):
    """Somebody who signs in; what they may see and do follows from their roles, never from the person itself."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200)
    phone = models.CharField(max_length=40, blank=True)
    language = models.CharField(max_length=5, choices=[("vi", "Tiếng Việt"), ("en", "English")], default="vi")
    theme = models.CharField(
        max_length=5, choices=[("auto", _("by the hour")), ("light", _("light")), ("dark", _("dark"))], default="auto"
    )
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(auto_now_add=True)
    home_path = PathField(blank=True, default="", help_text="the office that entered the first role")
    folded = folded("name")

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects: ClassVar[People] = People()

    class Meta:
        db_table = "register_person"

    def __str__(self) -> str:
        return self.name


class RoleName(models.TextChoices):
    """What a person is on a node; `rules.py` says what each may do."""

    HEAD = "head", _("head")
    DUTY_OFFICER = "duty_officer", _("duty officer")
    IT_OFFICER = "it_officer", _("IT officer")
    ANALYST = "analyst", _("analyst")
    AUDITOR = "auditor", _("auditor")
    ADMINISTRATOR = "administrator", _("administrator")


class Role(models.Model):
    """A role of a person on a node, which reaches the whole subtree."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="roles")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="roles")
    org_path = PathField()
    name = models.CharField(max_length=20, choices=RoleName.choices)
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        db_table = "register_role"
        constraints = (models.UniqueConstraint(fields=["person", "organisation", "name"], name="role_once"),)

    def __str__(self) -> str:
        return f"{self.name} {self.org_path}"
