import django.db.models.deletion
from django.db import migrations, models


def move(apps, schema_editor):
    """The two columns become the main contact's row."""
    schema_editor.execute(
        """
        INSERT INTO enterprises_contact (enterprise_id, name, position, phone, is_main, note, version)
        SELECT id, contact_name, '', contact_phone, true, '', 1 FROM enterprises_enterprise
        WHERE contact_name <> '' OR contact_phone <> '' ORDER BY id
        """
    )


class Migration(migrations.Migration):

    dependencies = [
        ('enterprises', '0003_orders'),
    ]

    operations = [
        migrations.CreateModel(
            name='Contact',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(blank=True, max_length=60, verbose_name='姓名')),
                ('position', models.CharField(blank=True, max_length=60, verbose_name='职务')),
                ('phone', models.CharField(blank=True, max_length=30, verbose_name='联系电话')),
                ('is_main', models.BooleanField(default=False, verbose_name='主要联系人')),
                ('note', models.CharField(blank=True, max_length=200, verbose_name='备注')),
                ('ended_on', models.DateField(blank=True, null=True, verbose_name='停用日期')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('enterprise', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='contacts', to='enterprises.enterprise', verbose_name='企业')),
            ],
            options={
                'verbose_name': '联系人',
                'verbose_name_plural': '联系人',
                'ordering': ('pk',),
                'permissions': (('unmask_contact', '可以查看完整的联系人信息'),),
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_on', None), ('is_main', True)), fields=('enterprise',), name='contact_one_main'), models.CheckConstraint(condition=models.Q(('name', ''), ('phone', ''), _negated=True), name='contact_has_name_or_phone', violation_error_message='请填写联系人姓名或联系电话。')],
            },
        ),
        migrations.RunPython(move, migrations.RunPython.noop),
        migrations.RemoveField(
            model_name='enterprise',
            name='contact_name',
        ),
        migrations.RemoveField(
            model_name='enterprise',
            name='contact_phone',
        ),
    ]
