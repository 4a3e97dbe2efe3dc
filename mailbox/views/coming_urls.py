"""Addresses of accounts that come in: public under /connexion/, and those of who lets others in."""

from django.urls import path

from mailbox.views import activating, approving, colleagues, enrolling, forgetting

_BOX = "b/<uuid:mailbox_id>/"

urlpatterns = [
    path("connexion/compte/", enrolling.ask, name="enrol"),
    path("connexion/compte/suite/", enrolling.follow, name="enrolment"),
    path("connexion/oubli/", forgetting.ask, name="forgotten"),
    path("connexion/oubli/suite/", forgetting.follow, name="reset"),
    path("connexion/oubli/annuler/<str:token>/", forgetting.cancel, name="reset_cancel"),
    path("connexion/perdu/", forgetting.lost, name="lost"),
    path("demandes/acces/<uuid:reset_id>/", approving.reset, name="approve_reset"),
    path("demandes/", approving.approvals, name="approvals"),
    path("demandes/compte/<uuid:enrolment_id>/", approving.enrolment, name="approve_enrolment"),
    path("connexion/activer/", activating.activate, name="activate"),
    path("connexion/activer/<str:token>/", activating.link, name="activation"),
    path("bienvenue/", activating.welcome, name="welcome"),
    path(_BOX + "membres/nouveau/", colleagues.invite, name="colleague"),
    path(_BOX + "membres/nouveau/<uuid:invitation_id>/", colleagues.again, name="colleague_again"),
]
