"""Addresses of what is brought, kept, emptied and taken away."""

from django.urls import path

from mailbox.views import importing, keeping, leaving

_BOX = "b/<uuid:mailbox_id>/"
_IMPORT = _BOX + "importer/<uuid:import_id>/"

urlpatterns = [
    path(_BOX + "importer/", importing.imports, name="imports"),
    path(_IMPORT, importing.one, name="import"),
    path(_IMPORT + "morceau/", importing.piece, name="import_piece"),
    path(_IMPORT + "avancement/", importing.progress, name="import_progress"),
    path(_BOX + "exporter/selection/", leaving.selected, name="export_selection"),
    path(_BOX + "conservation/", keeping.keeping, name="keeping"),
    path(_BOX + "fil/<uuid:thread_id>/conservation/", keeping.keeping, name="keeping_thread"),
    path(_BOX + "<str:folder>/vider/", keeping.empty, name="empty"),
    path(_BOX + "<str:folder>/supprimer/", keeping.destroy, name="destroy"),
]
