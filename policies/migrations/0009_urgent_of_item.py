from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Case, F, OrderBy, Value, When

UNDECLARED = ["entitled", "returned", "unverified"]


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("policies", "0008_counted_by_region")]

    operations = [
        AddIndexConcurrently(
            model_name="fulfilment",
            index=models.Index(
                F("item"),
                OrderBy(
                    Case(
                        When(status__in=UNDECLARED, then=Value(0)),
                        default=Value(1),
                        output_field=models.IntegerField(),
                    )
                ),
                OrderBy(F("closes_on"), nulls_last=True),
                F("id"),
                name="fulfilment_urgent_of_item",
            ),
        ),
    ]
