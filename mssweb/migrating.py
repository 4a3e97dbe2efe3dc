"""Tables that a migration makes together. For files of migrations alone; knows no table."""

from collections.abc import Sequence

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations import CreateModel, SeparateDatabaseAndState
from django.db.migrations.state import ProjectState


class Together(SeparateDatabaseAndState):
    """What a list of `CreateModel` makes, in the same order.

    After each of them alone, Django draws all the related models of its history anew: for ours, three quarters of the
    time of a first start. Here they are drawn once, when the first table asks for them.
    """

    def __init__(self, tables: Sequence[CreateModel]) -> None:
        super().__init__(database_operations=tables, state_operations=tables)

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        state.__dict__.pop("apps", None)  # a cached property: drawn when asked for
        super().state_forwards(app_label, state)

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        for table in self.database_operations:
            table.database_forwards(app_label, schema_editor, from_state, to_state)
