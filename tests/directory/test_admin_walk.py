"""The load that runs is followed on the page of the loads, without a gesture; without JavaScript a link does it."""

from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone

from auth_otp.models import Session
from directory.models import LoadRun
from tests.walking import SCREENS, violations

pytestmark = pytest.mark.walk
LOADS = "/admin/directory/directoryload/"


@pytest.fixture
def desk(open_page, sign_in, make_user, live_server):
    """An administrator's browser, on the page of the loads."""
    admin = make_user("admin@x.example", "Ada", "Ministre", is_staff=True, is_superuser=True)

    def opened(**how):
        client, page = Client(), open_page(**how)
        sign_in(client, admin)
        name = django_settings.SESSION_COOKIE_NAME
        page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
        page.goto(LOADS)
        return page

    return opened


def running(**fields) -> LoadRun:
    now = timezone.now()
    seen = {"phase": "reading", "file_name": "x.txt", "percent": 40, "phase_at": now, "started_at": now}
    return LoadRun.objects.create(**{**seen, "beat_at": now + timedelta(minutes=5), **fields})


@pytest.mark.soak
def test_a_load_is_followed_to_its_end_and_following_is_no_gesture(desk):
    running()
    page = desk()
    page.get_by_text("40 %").wait_for()
    for (
        width,
        scheme,
    ) in SCREENS:  # loaded anew: the admin's own colours take 150 ms to change, and axe sees them halfway
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)
        page.goto(LOADS)
        assert violations(page) == [], (width, scheme)
    Session.objects.update(gesture_at=timezone.now() - timedelta(minutes=10))
    before = Session.objects.get().gesture_at
    LoadRun.objects.update(percent=70)
    page.get_by_text("70 %").wait_for()
    LoadRun.objects.update(finished_at=timezone.now())
    page.get_by_text("Aucun chargement n’est en cours").wait_for()
    assert Session.objects.get().gesture_at == before


@pytest.mark.soak
def test_without_javascript_a_link_shows_how_far_it_is(desk):
    running()
    page = desk(scripts=False)
    page.get_by_text("40 %").wait_for()
    LoadRun.objects.update(percent=70)
    page.get_by_role("link", name="Actualiser").click()
    page.get_by_text("70 %").wait_for()
