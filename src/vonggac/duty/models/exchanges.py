"""Shifts that people pass on among themselves: cover me, or swap mine for one of yours."""

from django.db import models
from django.db.models import Q

from vonggac.duty.models.members import Member
from vonggac.duty.models.posts import Post
from vonggac.tenancy.fields import PathField


class Exchange(models.Model):
    """One request: somebody would give a shift away (`slot`), or swap it for `wanted_slot` of `colleague`.

    Shifts are named by slot and person, not by row: a version published meanwhile lays rows down anew. `colleague` is
    who was asked for a swap, and who took the shift once somebody did.
    """

    org_path = PathField()
    post = models.ForeignKey(Post, models.CASCADE, related_name="exchanges")
    asker = models.ForeignKey(Member, models.CASCADE, related_name="asked_exchanges")
    slot = models.CharField(max_length=40, help_text="TYPE:YYYY-MM-DD, as rosters name shifts")
    from_utc = models.DateTimeField()
    to_utc = models.DateTimeField()
    colleague = models.ForeignKey(Member, models.CASCADE, null=True, blank=True, related_name="offered_exchanges")
    wanted_post = models.ForeignKey(Post, models.CASCADE, null=True, blank=True, related_name="+")
    wanted_slot = models.CharField(max_length=40, blank=True, help_text="empty: cover, nothing in return")
    wanted_from_utc = models.DateTimeField(null=True, blank=True)
    wanted_to_utc = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=300, blank=True)
    asked_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    told_at = models.DateTimeField(null=True, blank=True, help_text="when the lead was told that nobody took it")

    class Meta:
        db_table = "duty_exchange"
        indexes = (
            models.Index(
                fields=["org_path", "from_utc"],
                condition=Q(taken_at__isnull=True, withdrawn_at__isnull=True),
                name="exchange_open",
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["asker", "slot", "wanted_slot"],
                condition=Q(taken_at__isnull=True, withdrawn_at__isnull=True),
                name="exchange_asked_once",
            ),
            models.CheckConstraint(
                condition=Q(wanted_slot="") | Q(colleague__isnull=False, wanted_post__isnull=False),
                name="exchange_swap_with_somebody",
            ),
            models.CheckConstraint(
                condition=Q(taken_at__isnull=True) | Q(colleague__isnull=False), name="exchange_taken_by_somebody"
            ),
        )

    def __str__(self) -> str:
        return f"{self.asker_id} {self.slot}"

    @property
    def is_swap(self) -> bool:
        """True when the asker takes a shift in return."""
        return bool(self.wanted_slot)
