import django.contrib.postgres.indexes
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("cadres", "0008_deputies"),
        ("enterprises", "0011_deputies"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="assignment",
            index=models.Index(fields=["starts_on", "id"], name="assignment_by_day"),
        ),
        AddIndexConcurrently(
            model_name="enterprise",
            index=django.contrib.postgres.indexes.GinIndex(
                models.Func("initials", function="zq_bigrams"), name="enterprise_initials_bigrams"
            ),
        ),
        RemoveIndexConcurrently(
            model_name="enterprise",
            name="enterprise_initials",
        ),
    ]
