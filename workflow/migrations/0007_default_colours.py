from django.db import migrations

# As workflow.seeding has them: (critical, level) → colour of the order that is drawn up when the case is so long overdue.
DEFAULTS = {(False, 2): "yellow", (False, 3): "red", (True, 3): "yellow", (True, 4): "red"}


def colour(apps, schema_editor):
    """Ladders that stand already draw orders like a new one; once, so that no later edit is undone."""
    Rung = apps.get_model("workflow", "Rung")
    for (critical, level), colour in DEFAULTS.items():
        Rung.objects.filter(trigger="overdue", critical=critical, level=level).update(draws=colour)


class Migration(migrations.Migration):
    dependencies = [("workflow", "0006_order_colour")]

    operations = [migrations.RunPython(colour, migrations.RunPython.noop)]
