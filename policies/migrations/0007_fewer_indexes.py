"""Keys that an index beginning with them finds too lose their own."""

from django.db import migrations, models

from cadres.operations import without_index


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("enterprises", "0015_fewer_indexes"), ("policies", "0006_lists_at_scale")]

    operations = [
        without_index(
            "event",
            "fulfilment",
            "policies_event_fulfilment_id_29614385",
            models.ForeignKey("policies.fulfilment", models.PROTECT, related_name="events", db_index=False),
        ),
        without_index(
            "fulfilment",
            "enterprise",
            "policies_fulfilment_enterprise_id_db5ecbdc",
            models.ForeignKey("enterprises.enterprise", models.PROTECT, related_name="+", verbose_name="企业", db_index=False),
        ),
        without_index(
            "fulfilment",
            "item",
            "policies_fulfilment_item_id_6fcee6f9",
            models.ForeignKey("policies.item", models.PROTECT, related_name="fulfilments", verbose_name="事项", db_index=False),
        ),
    ]
