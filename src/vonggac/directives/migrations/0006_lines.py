import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("directives", "0005_deadlines"),)
    operations = (
        migrations.AddField(
            "clause",
            "lines",
            django.contrib.postgres.fields.ArrayField(
                models.PositiveIntegerField(),
                default=list,
                help_text="the lines of the file that its paragraphs begin on",
            ),
        ),
    )
