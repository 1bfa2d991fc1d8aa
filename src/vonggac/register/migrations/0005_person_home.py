"""The office that keeps a person's particulars, so that no other office that gives them a role can change them."""

from django.db import migrations

from vonggac.tenancy.fields import PathField


class Migration(migrations.Migration):
    dependencies = (("register", "0004_access"),)
    operations = (
        migrations.AddField(
            "person",
            "home_path",
            PathField(blank=True, default="", help_text="the office that entered the first role"),
        ),
    )
