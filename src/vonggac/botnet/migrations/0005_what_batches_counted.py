from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("botnet", "0004_unread_indicator"),
    ]

    operations = [
        migrations.AddField(
            model_name="botnetlist",
            name="counted",
            field=models.JSONField(default=dict, help_text="what the batches absorbed so far changed; see summary"),
        ),
    ]
