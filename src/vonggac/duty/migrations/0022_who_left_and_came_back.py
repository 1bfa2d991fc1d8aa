"""Who leaves a shift may come back to it, and who is put on a running one is not late for its begin."""

from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("duty", "0021_one_account_one_member"),)
    operations = (
        migrations.AddField(
            "shift",
            "breaks",
            ArrayField(
                ArrayField(models.DateTimeField(), size=2),
                default=list,
                blank=True,
                help_text="left and came back, in order",
            ),
        ),
        migrations.AddField(
            "shift",
            "put_on_at",
            models.DateTimeField(null=True, blank=True, help_text="when they were put on a shift that had begun"),
        ),
    )
