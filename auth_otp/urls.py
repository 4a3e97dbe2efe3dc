"""Addresses of sign-in, public, and of the lock."""

from django.urls import path

from auth_otp.psc import leaving, telephone_views, views
from auth_otp.views.card import back as card_back
from auth_otp.views.card import begin as card_begin
from auth_otp.views.card import read as card_read
from auth_otp.views.confirm import confirm
from auth_otp.views.demo import demo_sms
from auth_otp.views.lock import lock, lock_state
from auth_otp.views.passkey import enter, follow, prove, unlock
from auth_otp.views.reports import report
from auth_otp.views.sign_in import call, code, other_way, resend, sign_in, sign_out
from auth_otp.views.station import station

app_name = "auth_otp"

urlpatterns = [
    path("connexion/", sign_in, name="sign_in"),
    path("connexion/poste/", station, name="station"),
    path("connexion/code/", code, name="code"),
    path("connexion/cle/", enter, name="enter_passkey"),
    path("connexion/code/cle/", follow, name="follow_passkey"),
    path("connexion/facon/", other_way, name="other_way"),
    path("connexion/renvoyer/", resend, name="resend"),
    path("connexion/appel/", call, name="call"),
    path("connexion/remise/<uuid:challenge_id>/", report, name="report"),
    path("connexion/carte/", card_begin, name="card"),
    path("connexion/carte/lecture/", card_read, name="card_read"),
    path("connexion/carte/retour/", card_back, name="card_back"),
    path("connexion/psc/", views.begin, name="psc"),
    path("connexion/psc/retour/", views.back, name="psc_back"),
    path("connexion/psc/parti/", leaving.gone, name="psc_gone"),
    path("connexion/psc/fin/", leaving.ended, name="psc_ended"),
    path("connexion/psc/telephone/", telephone_views.ask, name="psc_telephone"),
    path("connexion/psc/telephone/<uuid:question_id>/", telephone_views.wait, name="psc_waiting"),
    path("confirmer/", confirm, name="confirm"),
    path("confirmer/cle/", prove, name="prove_passkey"),
    path("verrou/", lock, name="lock"),
    path("verrou/cle/", unlock, name="unlock_passkey"),
    path("verrou/etat/", lock_state, name="lock_state"),
    path("deconnexion/", sign_out, name="sign_out"),
    path("demo/sms/", demo_sms, name="demo_sms"),
]
