"""Keys that an index beginning with them finds too lose their own."""

from django.conf import settings
from django.db import migrations, models

from cadres.operations import without_index


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("appeals", "0031_once_per_fulfilment_if_any"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        without_index(
            "appeal",
            "registered_by",
            "appeals_appeal_registered_by_id_b097b138",
            models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="登记人", db_index=False),
        ),
        without_index(
            "round",
            "appeal",
            "appeals_round_appeal_id_06663299",
            models.ForeignKey("appeals.appeal", models.PROTECT, related_name="rounds", db_index=False),
        ),
    ]
