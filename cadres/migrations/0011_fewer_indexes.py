"""Keys that an index beginning with them finds too lose their own."""

from django.conf import settings
from django.db import migrations, models

from cadres.operations import without_index


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("cadres", "0010_bigrams_sooner"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        without_index(
            "message",
            "outbox",
            "cadres_message_outbox_id_a0fd9194",
            models.ForeignKey("cadres.outbox", models.PROTECT, related_name="messages", db_index=False),
        ),
        without_index(
            "message",
            "recipient",
            "cadres_message_recipient_id_9b073099",
            models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False),
        ),
    ]
