from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("directives", "0004_replaced_by"),)
    operations = (
        migrations.AddField(
            "clause",
            "deadlines",
            models.JSONField(default=list, help_text="the times its words set, as the reader gives them"),
        ),
    )
