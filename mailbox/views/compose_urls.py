"""Addresses of writing and of what became of it; included inside a mailbox's own addresses."""

from django.urls import path

from mailbox.views import choosing, compose, files, phrasing, scheduled, sending, structured, structured_again, suggest

_BOX = "b/<uuid:mailbox_id>/"

urlpatterns = [
    path(_BOX + "nouveau/", compose.compose, name="compose"),
    path(_BOX + "message/<uuid:message_id>/repondre/", compose.answer, {"kind": "repondre"}, name="reply"),
    path(
        _BOX + "message/<uuid:message_id>/repondre-a-tous/",
        compose.answer,
        {"kind": "repondre-a-tous"},
        name="reply_all",
    ),
    path(_BOX + "message/<uuid:message_id>/transferer/", compose.answer, {"kind": "transferer"}, name="forward"),
    path(_BOX + "drafts/", compose.drafts_list, name="drafts"),
    path(_BOX + "brouillon/<uuid:draft_id>/", compose.draft, name="draft"),
    path(_BOX + "brouillon/<uuid:draft_id>/pieces/", files.add, name="draft_files"),
    path(_BOX + "reponses/", phrasing.page, name="phrases"),
    path(_BOX + "reponses/remplie/", phrasing.filled, name="phrase_filled"),
    path(_BOX + "reponses/<uuid:phrase_id>/", phrasing.phrase, name="phrase"),
    path(_BOX + "programmes/", scheduled.scheduled, name="scheduled"),
    path(_BOX + "programmes/<uuid:submission_id>/", scheduled.postpone, name="postpone"),
    path(_BOX + "destinataires/", choosing.check, name="check"),
    path(_BOX + "patients/", structured.patients, name="patients"),
    path(_BOX + "message/<uuid:message_id>/remplacer/", structured_again.replace_document, name="replace"),
    path(_BOX + "suggestions/", suggest.suggest, name="suggest"),
    path(_BOX + "envoi/<uuid:submission_id>/annuler/", sending.cancel, name="cancel"),
    path(_BOX + "destinataire/<uuid:recipient_id>/", sending.retry, name="retry"),
]
