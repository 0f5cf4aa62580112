"""What the search boxes and the assignments' guarantee need of PostgreSQL itself."""

from django.contrib.postgres.operations import BtreeGistExtension, TrigramExtension
from django.db import migrations

from cadres.search import CREATE_BIGRAMS_SQL, DROP_BIGRAMS_SQL


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        BtreeGistExtension(),
        TrigramExtension(),
        migrations.RunSQL(CREATE_BIGRAMS_SQL, DROP_BIGRAMS_SQL),
    ]
