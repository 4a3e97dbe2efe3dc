"""Addresses of «Suivi»; included inside a mailbox's own addresses."""

from django.urls import path

from mailbox.views import following

_BOX = "b/<uuid:mailbox_id>/"

urlpatterns = [
    path(_BOX + "suivi/", following.page, name="following"),
    path(_BOX + "suivi/<uuid:submission_id>/", following.follow, name="follow"),
    path(_BOX + "envoi/<uuid:submission_id>/renvoyer/", following.resend, name="resend"),
    path(_BOX + "message/<uuid:message_id>/relancer/", following.remind, name="remind"),
    path(_BOX + "destinataire/<uuid:recipient_id>/corriger/", following.correct, name="correct"),
]
