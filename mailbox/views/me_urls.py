"""Addresses of a person's own settings: of no mailbox, and nobody else's."""

from django.urls import path

from mailbox.views import me, me_alarm, me_data, me_notices, me_number, me_passkeys, me_security, me_sessions

urlpatterns = [
    path("moi/", me.display, name="me"),
    path("moi/clavier/", me.keys, name="me_keys"),
    path("moi/suivi/", me.delay, name="me_delay"),
    path("moi/notifications/", me_notices.notices, name="me_notices"),
    path("moi/notifications/courriel/", me_notices.ordinary, name="me_ordinary"),
    path("moi/notifications/nouvelles/", me_notices.news, name="me_news"),
    path("courriel/arreter/<str:token>/", me_notices.stop, name="ordinary_stop"),
    path("moi/sessions/", me_sessions.sessions, name="me_sessions"),
    path("moi/mot-de-passe/", me_sessions.password, name="me_password"),
    path("moi/compte/", me_number.account, name="me_account"),
    path("moi/donnees/", me_data.data, name="me_data"),
    path("moi/suppression/", me_data.leaving, name="me_leaving"),
    path("moi/mobile/", me_number.number, name="me_number"),
    path("moi/alerte/", me_alarm.alarm, name="me_alarm"),
    path("moi/notifications/compte/", me_alarm.choose, name="me_told"),
    path("moi/securite/", me_security.security, name="me_security"),
    path("moi/securite/application/", me_security.application, name="me_application"),
    path("moi/securite/application/retirer/", me_security.remove_application, name="me_application_remove"),
    path("moi/securite/codes/", me_security.codes, name="me_codes"),
    path("moi/securite/cles/", me_passkeys.add, name="me_passkey_add"),
    path("moi/securite/cles/<int:passkey_id>/", me_passkeys.change, name="me_passkey"),
]
