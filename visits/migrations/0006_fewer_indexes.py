"""Keys that an index beginning with them finds too lose their own."""

from django.conf import settings
from django.db import migrations, models

from cadres.operations import without_index


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("enterprises", "0015_fewer_indexes"), ("visits", "0005_deputies"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        without_index(
            "visit",
            "cadre",
            "visits_visit_cadre_id_cb7f11a2",
            models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="走访人", db_index=False),
        ),
        without_index(
            "visit",
            "enterprise",
            "visits_visit_enterprise_id_64a3d31a",
            models.ForeignKey("enterprises.enterprise", models.PROTECT, related_name="+", verbose_name="企业", db_index=False),
        ),
    ]
