"""Addresses of a person's own settings: of no mailbox, and nobody else's."""

from django.urls import path

from mailbox.views import me, me_alarm, me_notices, me_number, me_security, me_sessions

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
    path("moi/mobile/", me_number.number, name="me_number"),
    path("moi/alerte/", me_alarm.alarm, name="me_alarm"),
    path("moi/notifications/compte/", me_alarm.choose, name="me_told"),
    path("moi/securite/", me_security.security, name="me_security"),
    path("moi/securite/application/", me_security.application, name="me_application"),
]
