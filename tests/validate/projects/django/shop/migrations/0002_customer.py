from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.CreateModel("Customer", [("id", models.AutoField(primary_key=True))])]
