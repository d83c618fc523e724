"""A release's migrations run while the release before still answers: they add, and take away one release later."""

import pytest
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ModelState, ProjectState

from tests.migrations import breaks

# The last migration of what runs today: to be moved to the last one of each release, when it is made.
RELEASED = "0019_translations"
# « name of the migration: describe() » of what was read by somebody, who knows that the release before stands it.
READ = set()


def test_migrations_since_the_last_release_leave_it_running():
    loader = MigrationLoader(None)
    state = loader.project_state(("places", RELEASED))

    plan = [name for name in loader.graph.forwards_plan(*loader.graph.leaf_nodes("places")) if name[0] == "places"]
    since = [loader.get_migration(*name) for name in plan[plan.index(("places", RELEASED)) + 1 :]]
    found = [line for migration in since for line in breaks(migration, state)]

    assert [line for line in found if line.partition(" – ")[0] not in READ] == []


def found(*operations) -> list[str]:
    """Return the reasons against these operations on a big table with a name and an age."""
    state = ProjectState()
    fields = [("id", models.BigAutoField(primary_key=True)), ("nom", models.CharField(max_length=20))]
    fields.append(("age", models.IntegerField(default=0)))
    state.add_model(ModelState("places", "Place", fields))
    state.add_model(ModelState("places", "Small", list(fields)))
    migration = migrations.Migration("0020_essai", "places")
    migration.operations = operations
    return [line.partition(" – ")[2] for line in breaks(migration, state)]


INDEX = models.Index(fields=["nom"], name="by_nom")
CHECK = models.CheckConstraint(condition=models.Q(age__gte=0), name="positive")


@pytest.mark.parametrize(
    "operation",
    [
        migrations.CreateModel("Other", [("id", models.BigAutoField(primary_key=True))]),
        migrations.AddField("Place", "note", models.TextField(null=True)),
        migrations.AddField("Place", "note", models.TextField(default="", db_default="")),
        migrations.AddField("Place", "friends", models.ManyToManyField("places.Place")),
        migrations.AlterField("Place", "nom", models.CharField("le nom", max_length=20, help_text="En entier.")),
        migrations.AlterField("Place", "nom", models.CharField(max_length=40)),
        migrations.AlterField("Place", "nom", models.CharField(max_length=20, null=True)),
        migrations.AddIndex("Small", INDEX),
        migrations.SeparateDatabaseAndState([], [migrations.RemoveField("Place", "age")]),
    ],
    ids=lambda operation: operation.describe(),
)
def test_what_only_adds_is_let_through(operation):
    assert found(operation) == []


@pytest.mark.parametrize(
    ("operation", "why"),
    [
        (migrations.AddField("Place", "note", models.TextField(default="")), "the release before leaves it out"),
        (migrations.RemoveField("Place", "age"), "what the release before asks for"),
        (migrations.RenameField("Place", "age", "years"), "what the release before asks for"),
        (migrations.DeleteModel("Place"), "what the release before asks for"),
        (migrations.RenameModel("Place", "Spot"), "what the release before asks for"),
        (migrations.AlterModelTable("Place", "spots"), "what the release before asks for"),
        (migrations.AddConstraint("Place", CHECK), "what the release before asks for"),
        (migrations.RunSQL("DROP TABLE places_place"), "what the release before asks for"),
        (migrations.AlterField("Place", "nom", models.CharField(max_length=10)), "the release before writes it"),
        (migrations.AlterField("Place", "age", models.TextField()), "the release before writes it"),
        (migrations.AlterField("Place", "nom", models.CharField(max_length=20, unique=True)), "the release before"),
        (migrations.AddIndex("Place", INDEX), "a big table is held"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.describe(),
)
def test_what_the_release_before_would_stumble_on_is_refused(operation, why):
    (reason,) = found(operation)

    assert reason.startswith(why)
