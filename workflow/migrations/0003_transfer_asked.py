from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

TRIGGERS = [
    ("draft", "草稿未提交"),
    ("pending", "待受理超时"),
    ("yellow", "即将到期"),
    ("unsigned", "未按时签收"),
    ("overdue", "办理超期"),
    ("overdue_long", "长期超期"),
    ("disputed", "两次不满意"),
    ("reviewing", "待审核超时"),
    ("confirming", "待确认超时"),
    ("closing", "待销号超时"),
    ("transfer", "申请改派未决"),
]


def add_rungs(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """A ladder that is there already gains the rungs of the new trigger; a new one is seeded with them."""
    Rung = apps.get_model("workflow", "Rung")
    if not Rung.objects.exists():
        return
    for critical in (False, True):
        Rung.objects.create(
            trigger="transfer", critical=critical, level=0, amount=240, unit="minutes", audience=["office"]
        )
        Rung.objects.create(
            trigger="transfer", critical=critical, level=2, amount=1, unit="days", audience=["supervisor"]
        )


class Migration(migrations.Migration):
    dependencies = [("workflow", "0002_history")]

    operations = [
        migrations.AlterField(
            model_name="rung",
            name="trigger",
            field=models.CharField(choices=TRIGGERS, max_length=20, verbose_name="触发条件"),
        ),
        migrations.AlterField(
            model_name="rungevent",
            name="trigger",
            field=models.CharField(choices=TRIGGERS, max_length=20, verbose_name="触发条件"),
        ),
        migrations.RunPython(add_rungs, migrations.RunPython.noop),
    ]
