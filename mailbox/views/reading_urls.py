"""Addresses of what is asked of one message; included inside a mailbox's own addresses."""

from django.urls import path

from mailbox.views import blocking, meetings, pictures, problems, reading

_BOX = "b/<uuid:mailbox_id>/"
_MESSAGE = _BOX + "message/<uuid:message_id>/"

urlpatterns = [
    path(_MESSAGE + "ecrire/<str:number>/", reading.write_to, name="write_to"),
    path(_MESSAGE + "en-tetes/", reading.header, name="header"),
    path(_MESSAGE + "source/", reading.source, name="source"),
    path(_MESSAGE + "telecharger/", reading.eml, name="eml"),
    path(_MESSAGE + "images/", pictures.always, name="images"),
    path(_MESSAGE + "distante/", pictures.image, name="remote"),
    path(_MESSAGE + "signaler/", problems.report, name="report"),
    path(_MESSAGE + "invitation/", meetings.invitation, name="meeting"),
    path(_BOX + "bloques/", blocking.blocked, name="blocked"),
]
