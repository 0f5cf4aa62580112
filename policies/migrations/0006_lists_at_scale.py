from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("cadres", "0008_deputies"),
        ("enterprises", "0012_lists_at_scale"),
        ("policies", "0005_history"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="fulfilment",
            index=models.Index(
                models.OrderBy(
                    models.Case(
                        models.When(status__in=["entitled", "returned", "unverified"], then=models.Value(0)),
                        default=models.Value(1),
                        output_field=models.IntegerField(),
                    )
                ),
                models.OrderBy(models.F("closes_on"), nulls_last=True),
                models.F("id"),
                name="fulfilment_urgent_first",
            ),
        ),
        AddIndexConcurrently(
            model_name="fulfilment",
            index=models.Index(
                models.OrderBy(models.F("amount_due"), nulls_first=True),
                models.F("id"),
                condition=models.Q(
                    (
                        "status__in",
                        ["declared", "entitled", "paying", "publicised", "returned", "reviewing", "unverified"],
                    )
                ),
                name="fulfilment_by_amount",
            ),
        ),
        AddIndexConcurrently(
            model_name="fulfilment",
            index=models.Index(
                condition=models.Q(
                    (
                        "status__in",
                        ["declared", "entitled", "paying", "publicised", "returned", "reviewing", "unverified"],
                    )
                ),
                fields=["status_since", "id"],
                name="fulfilment_by_age",
            ),
        ),
    ]
