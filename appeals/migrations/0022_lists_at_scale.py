from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("appeals", "0021_supervised_by"),
        ("cadres", "0008_deputies"),
        ("enterprises", "0011_deputies"),
        ("policies", "0005_history"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="appeal",
            index=models.Index(
                models.OrderBy(models.F("due_at"), nulls_last=True), models.F("id"), name="appeal_by_deadline"
            ),
        ),
        AddIndexConcurrently(
            model_name="appeal",
            index=models.Index(
                models.OrderBy(models.F("submitted_at"), nulls_first=True), models.F("id"), name="appeal_by_submission"
            ),
        ),
        AddIndexConcurrently(
            model_name="appeal",
            index=models.Index(
                condition=models.Q(
                    ("status__in", ["assigned", "closing", "confirming", "handling", "pending", "reviewing"])
                ),
                fields=["status", "id"],
                name="appeal_open_by_status",
            ),
        ),
        AddIndexConcurrently(
            model_name="order",
            index=models.Index(
                models.OrderBy(models.F("ended_at"), descending=True, nulls_first=True),
                models.F("reply_due_at"),
                models.F("id"),
                name="order_urgent",
            ),
        ),
        AddIndexConcurrently(
            model_name="instruction",
            index=models.Index(
                models.OrderBy(models.F("ended_at"), descending=True, nulls_first=True),
                models.F("reply_due_at"),
                models.F("id"),
                name="instruction_urgent",
            ),
        ),
    ]
