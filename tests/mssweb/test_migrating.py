"""Tables made together are those made one by one; what was folded is had whole or not at all."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, models
from django.db.migrations.operations import CreateModel
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ProjectState

from mssweb.migrating import Together

TABLES = [
    CreateModel("Box", [("id", models.AutoField(primary_key=True))]),
    CreateModel(
        "Letter", [("id", models.AutoField(primary_key=True)), ("box", models.ForeignKey("x.Box", models.CASCADE))]
    ),
]


class Editor:
    """What a migration asks of the database."""

    def __init__(self) -> None:
        self.made, self.connection = [], type("Connection", (), {"alias": "default"})

    def create_model(self, model) -> None:
        self.made.append((model._meta.db_table, [field.column for field in model._meta.fields]))


def test_tables_made_together_are_those_made_one_by_one_even_where_history_was_drawn_before():
    alone, together, asked = ProjectState(), ProjectState(), Editor()
    for state in (alone, together):
        CreateModel("Before", [("id", models.AutoField(primary_key=True))]).state_forwards("x", state)
        assert state.apps.get_model("x", "Before")
    one_by_one = Editor()
    for table in TABLES:
        table.state_forwards("x", alone)
        table.database_forwards("x", one_by_one, ProjectState(), alone)
    step, before = Together(TABLES), together.clone()
    step.state_forwards("x", together)
    step.database_forwards("x", asked, before, together)
    assert together == alone
    assert asked.made == one_by_one.made == [("x_box", ["id"]), ("x_letter", ["id", "box_id"])]
    assert together.apps.get_model("x", "Letter")._meta.get_field("box").related_model.__name__ == "Box"


@pytest.mark.django_db
def test_an_instance_between_two_migrations_that_were_folded_is_refused():
    """Django would leave its tables as they are, and say nothing."""
    MigrationRecorder(connection).migration_qs.filter(app="mailbox", name="0005_reports").delete()
    with pytest.raises(CommandError, match=r"^mailbox is between two migrations"):
        call_command("settle")
