from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

OWED = models.Q(("status__in", ["awaiting", "returned"]))
ANSWERED = models.Q(("status", "answered"))


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("appeals", "0034_co_keys_filled")]

    operations = [
        AddIndexConcurrently(
            model_name="appeal",
            index=models.Index(
                fields=["due_at", "yellow_at", "id"],
                name="appeal_light",
                condition=models.Q(("status__in", ["assigned", "handling", "pending", "reviewing"])),
            ),
        ),
        RemoveIndexConcurrently(model_name="appeal", name="appeal_running"),
        *(
            operation
            for kind in ("instruction", "order")
            for operation in (
                AddIndexConcurrently(
                    model_name=kind,
                    index=models.Index(
                        fields=["answering", "reply_due_at", "id"], name=f"{kind}_owed", condition=OWED
                    ),
                ),
                AddIndexConcurrently(
                    model_name=kind,
                    index=models.Index(fields=["reply_due_at", "id"], name=f"{kind}_answered", condition=ANSWERED),
                ),
                RemoveIndexConcurrently(model_name=kind, name=f"{kind}_answering"),
            )
        ),
    ]
