from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("botnet", "0003_list_may_come_again"),
    ]

    operations = [
        migrations.AlterField(
            model_name="indicator",
            name="kind",
            field=models.CharField(
                choices=[("address", "address"), ("name", "name"), ("unread", "unread")], max_length=7
            ),
        ),
    ]
