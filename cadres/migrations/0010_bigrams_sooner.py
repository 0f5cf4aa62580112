from django.db import migrations

from cadres.search import CREATE_BIGRAMS_SQL


class Migration(migrations.Migration):
    """The same grams, so that the indexes over them stay as they are."""

    dependencies = [("cadres", "0009_outbox_in_working_hours")]

    operations = [migrations.RunSQL(CREATE_BIGRAMS_SQL, migrations.RunSQL.noop)]
