from django.db import migrations

from places import word_index


def create(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        # The trigrams stay for the release before, which asks for them; the next release takes them away.
        word_index.create(schema_editor)


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        word_index.drop(schema_editor)


class Migration(migrations.Migration):

    dependencies = [
        ('places', '0020_touched'),
    ]

    operations = [
        migrations.RunPython(create, drop),
    ]
