"""Addresses of what is asked of one message; included inside a mailbox's own addresses."""

from django.urls import path

from mailbox.views import reading

_MESSAGE = "b/<uuid:mailbox_id>/message/<uuid:message_id>/"

urlpatterns = [
    path(_MESSAGE + "ecrire/<str:number>/", reading.write_to, name="write_to"),
]
