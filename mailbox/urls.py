"""Addresses of the webmail. A mailbox is named by its id; no address ever holds what a person wrote or searched."""

from django.urls import path

from mailbox.views import (
    boxes,
    cabinet,
    compose_urls,
    contact_urls,
    documents,
    exporting,
    live,
    marks,
    measures,
    members,
    operations,
    opposition,
    pages,
    receipts,
    search,
    searching,
    service,
    settings,
    team_urls,
    threads,
)

app_name = "mailbox"
_BOX = "b/<uuid:mailbox_id>/"
_MESSAGE = _BOX + "message/<uuid:message_id>/"

urlpatterns = [
    *compose_urls.urlpatterns,
    *contact_urls.urlpatterns,
    *team_urls.urlpatterns,
    path("", pages.home, name="home"),
    path("evenements/", live.events, name="events"),
    path("metrics", measures.measures, name="metrics"),
    path("exploitation/", operations.dashboard, name="dashboard"),
    path("service/", service.banner, name="service"),
    path("boites/", boxes.boxes, name="boxes"),
    path("boites/<uuid:tenant_id>/demander/", boxes.ask, name="box_ask"),
    path("boites/demande/<uuid:request_id>/", boxes.answer, name="box_request"),
    path("boites/<uuid:box_id>/cloture/", boxes.close, name="box_close"),
    path("avertissements/", opposition.channel, name="channel"),
    path("opposition/<str:token>/", opposition.oppose, name="opposition"),
    path(_BOX + "exporter/", exporting.export, name="export"),
    path(_BOX + "exporter/fichier/", exporting.file, name="export_file"),
    path(_BOX + "recherche/", search.search, name="search"),
    path(_BOX + "recherche/aide/", searching.options, name="search_options"),
    path(_BOX + "annuler/", marks.undo, name="undo"),
    path("preferences/densite/", cabinet.density, name="density"),
    path(_BOX + "dossiers/", cabinet.cabinet, name="cabinet"),
    path(_BOX + "reglages/", settings.settings, name="settings"),
    path(_BOX + "membres/", members.members, name="members"),
    path(_BOX + "membres/<uuid:member_id>/", members.change, name="member"),
    path(_BOX + "fil/<uuid:thread_id>/", threads.thread, name="thread"),
    path(_BOX + "fil/<uuid:thread_id>/nouvelles/", threads.news, name="news"),
    path(_MESSAGE + "accuse/", receipts.answer, name="receipt"),
    path(_MESSAGE + "integration/", receipts.integration, name="integration"),
    path(_BOX + "accuses/", receipts.rule, name="receipts"),
    path(_MESSAGE + "corps/", threads.body, name="body"),
    path(_MESSAGE + "piece/<str:number>/", documents.file, name="file"),
    path(_MESSAGE + "image/<str:number>/", documents.image, name="image"),
    path(_BOX + "<str:folder>/", pages.folder, name="folder"),
    path(_BOX + "<str:folder>/action/", marks.act, name="act"),
]
