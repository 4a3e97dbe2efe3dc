"""Addresses of «Ma structure»."""

from django.urls import path

from mailbox.views import structure, structure_person, structure_rules

urlpatterns = [
    path("structure/", structure.structures, name="structures"),
    path("structure/<uuid:tenant_id>/", structure.structure, name="structure"),
    path("structure/<uuid:tenant_id>/personne/<uuid:staff_id>/", structure_person.one, name="structure_person"),
    path("structure/<uuid:tenant_id>/regles/", structure_rules.change, name="structure_rules"),
]
