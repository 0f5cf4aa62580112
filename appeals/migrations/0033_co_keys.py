import django.contrib.postgres.fields
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('appeals', '0032_fewer_indexes'),
    ]

    operations = [
        migrations.CreateModel(
            name='Joining',
            fields=[
            ],
            options={
                'verbose_name': '协办',
                'verbose_name_plural': '协办',
                'proxy': True,
                'indexes': [],
                'constraints': [],
            },
            bases=('appeals.appeal_co_departments',),
        ),
        migrations.AddField(
            model_name='appeal',
            name='co_keys',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), db_default=[], default=list, editable=False, size=None),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='appeal',
            trigger=pgtrigger.compiler.Trigger(name='co_keys_are_true', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."co_keys" IS DISTINCT FROM (NEW."co_keys"))', func='NEW.co_keys := ARRAY(SELECT department_id FROM appeals_appeal_co_departments WHERE appeal_id = NEW.id ORDER BY department_id); RETURN NEW;', hash='d278ad32af85ad8179ae0e4f2528482ede46eeb5', operation='UPDATE OF "co_keys"', pgid='pgtrigger_co_keys_are_true_3d398', table='appeals_appeal', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='joining',
            trigger=pgtrigger.compiler.Trigger(name='co_keys_follow_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n            UPDATE appeals_appeal a SET co_keys = counted.keys\n            FROM (SELECT appeal_id, ARRAY(SELECT department_id FROM appeals_appeal_co_departments WHERE appeal_id = rows.appeal_id ORDER BY department_id) AS keys FROM (SELECT DISTINCT appeal_id FROM come) AS rows) AS counted\n            WHERE a.id = counted.appeal_id AND a.co_keys IS DISTINCT FROM counted.keys;\n            RETURN NULL;\n        ', hash='1466d0b8f4a29e7c8fe8ad97c65669808da7e740', level='STATEMENT', operation='INSERT', pgid='pgtrigger_co_keys_follow_insert_5cc5c', referencing='REFERENCING NEW TABLE AS come ', table='appeals_appeal_co_departments', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='joining',
            trigger=pgtrigger.compiler.Trigger(name='co_keys_follow_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n            UPDATE appeals_appeal a SET co_keys = counted.keys\n            FROM (SELECT appeal_id, ARRAY(SELECT department_id FROM appeals_appeal_co_departments WHERE appeal_id = rows.appeal_id ORDER BY department_id) AS keys FROM (SELECT DISTINCT appeal_id FROM gone UNION SELECT DISTINCT appeal_id FROM come) AS rows) AS counted\n            WHERE a.id = counted.appeal_id AND a.co_keys IS DISTINCT FROM counted.keys;\n            RETURN NULL;\n        ', hash='a239d44a780810900de5f0720470673e1af21cb5', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_co_keys_follow_update_9bc26', referencing='REFERENCING OLD TABLE AS gone  NEW TABLE AS come ', table='appeals_appeal_co_departments', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='joining',
            trigger=pgtrigger.compiler.Trigger(name='co_keys_follow_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n            UPDATE appeals_appeal a SET co_keys = counted.keys\n            FROM (SELECT appeal_id, ARRAY(SELECT department_id FROM appeals_appeal_co_departments WHERE appeal_id = rows.appeal_id ORDER BY department_id) AS keys FROM (SELECT DISTINCT appeal_id FROM gone) AS rows) AS counted\n            WHERE a.id = counted.appeal_id AND a.co_keys IS DISTINCT FROM counted.keys;\n            RETURN NULL;\n        ', hash='b356c48406e736d97e28a1ebd227344906feae3e', level='STATEMENT', operation='DELETE', pgid='pgtrigger_co_keys_follow_delete_9bc6f', referencing='REFERENCING OLD TABLE AS gone ', table='appeals_appeal_co_departments', when='AFTER')),
        ),
    ]
