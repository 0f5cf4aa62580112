from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("appeals", "0022_lists_at_scale"),
        ("cadres", "0009_outbox_in_working_hours"),
        ("enterprises", "0013_figures_at_scale"),
        ("policies", "0006_lists_at_scale"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="appeal",
            index=models.Index(
                condition=models.Q(("settled_at__isnull", False)), fields=["settled_at"], name="appeal_settled"
            ),
        ),
        AddIndexConcurrently(
            model_name="appeal",
            index=models.Index(
                condition=models.Q(("ended_at__isnull", True), ("settled_at__isnull", True)),
                fields=["due_at"],
                name="appeal_unsettled",
            ),
        ),
        AddIndexConcurrently(
            model_name="appeal",
            index=models.Index(fields=["round_started_at"], name="appeal_round_begun"),
        ),
        AddIndexConcurrently(
            model_name="appeal",
            index=models.Index(
                condition=models.Q(
                    ("status__in", ["assigned", "closing", "confirming", "draft", "handling", "pending", "reviewing"])
                ),
                fields=["region_path", "id"],
                include=(
                    "status",
                    "due_at",
                    "yellow_at",
                    "number",
                    "registered_by",
                    "enterprise",
                    "bounces",
                    "transfer_asked_at",
                    "lead",
                ),
                name="appeal_unended",
                opclasses=("varchar_pattern_ops", ""),
            ),
        ),
        AddIndexConcurrently(
            model_name="round",
            index=models.Index(
                condition=models.Q(("settled_at__gt", models.F("due_at"))), fields=["appeal"], name="round_late"
            ),
        ),
    ]
