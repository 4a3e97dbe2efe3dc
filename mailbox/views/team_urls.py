"""Addresses of what a team does together; included inside a mailbox's own addresses."""

from django.urls import path

from mailbox.views import activity, handing, invitations, members, noting, presence

_BOX = "b/<uuid:mailbox_id>/"

urlpatterns = [
    path(_BOX + "fil/<uuid:thread_id>/note/", noting.write, name="note"),
    path(_BOX + "note/<uuid:note_id>/", noting.change, name="note_change"),
    path(_BOX + "mentions/", noting.mentions, name="mentions"),
    path(_BOX + "equipe/liste/", noting.team, name="team_list"),
    path(_BOX + "consignes/", handing.handover, name="handover"),
    path(_BOX + "brouillon/<uuid:draft_id>/prendre/", handing.take, name="take"),
    path("invitations/", invitations.mine, name="invitations"),
    path(_BOX + "invitation/<uuid:invitation_id>/", invitations.revoke, name="invitation"),
    path(_BOX + "equipe/", members.leave, name="leave"),
    path(_BOX + "activite/", activity.page, name="activity"),
    path(_BOX + "presence/", presence.say, name="presence"),
]
