from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reports", "0016_moments")]

    operations = [
        migrations.AlterField(
            model_name="moment",
            name="of",
            field=models.CharField(
                choices=[("enterprises", "应复工企业"), ("cases", "诉求"), ("open", "在办诉求")], max_length=20
            ),
        ),
    ]
