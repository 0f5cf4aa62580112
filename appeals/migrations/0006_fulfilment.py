import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('appeals', '0005_one_appeal_per_sending'),
        ('policies', '0001_tables'),
    ]

    operations = [
        migrations.AddField(
            model_name='appeal',
            name='fulfilment',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='policies.fulfilment', verbose_name='政策兑现'),
        ),
        migrations.AddConstraint(
            model_name='appeal',
            constraint=models.UniqueConstraint(condition=models.Q(('status__in', ['closed', 'declined', 'withdrawn']), _negated=True), fields=('fulfilment',), name='appeal_open_once_per_fulfilment'),
        ),
    ]
