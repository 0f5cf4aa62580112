"""Keys that an index beginning with them finds too lose their own."""

from django.conf import settings
from django.db import migrations, models

from cadres.operations import without_index


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("cadres", "0011_fewer_indexes"), ("enterprises", "0014_found_by_name"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        without_index(
            "access",
            "department",
            "enterprises_access_department_id_9313ebe4",
            models.ForeignKey("cadres.department", models.PROTECT, related_name="+", db_index=False),
        ),
        without_index(
            "access",
            "enterprise",
            "enterprises_access_enterprise_id_b3dde0d3",
            models.ForeignKey("enterprises.enterprise", models.PROTECT, related_name="+", db_index=False),
        ),
        without_index(
            "assignment",
            "cadre",
            "enterprises_assignment_cadre_id_46e9c894",
            models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="干部", db_index=False),
        ),
        without_index(
            "operatingstatus",
            "enterprise",
            "enterprises_operatingstatus_enterprise_id_5268fc5e",
            models.ForeignKey("enterprises.enterprise", models.PROTECT, related_name="statuses", verbose_name="企业", db_index=False),
        ),
    ]
