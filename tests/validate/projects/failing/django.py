from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_customer")]
    operations = [
        migrations.CreateModel("Stock", [("id", models.AutoField(primary_key=True))]),
        migrations.RunSQL("ALTER TABLE missing ADD COLUMN x integer"),
    ]
