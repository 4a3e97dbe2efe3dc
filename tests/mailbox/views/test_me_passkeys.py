"""Passkeys in «Sécurité»: listed, renamed, removed, one's own only; nobody shuts themselves out."""

import pytest
from django.contrib.auth.hashers import make_password
from django.utils import timezone

from auth_otp.models import Notice, Passkey, RecoveryCode, Session, User
from mssweb.audit.models import AuditEvent

HERE = "/moi/securite/"


def key(user: User, name: str = "Windows Hello", **fields: object) -> Passkey:
    return Passkey.objects.create(
        user=user, name=name, credential_id=name.encode(), public_key=b"k", added_at=timezone.now(), **fields
    )


def there(passkey: Passkey) -> str:
    return f"/moi/securite/cles/{passkey.pk}/"


def test_each_is_told_by_its_name_its_use_and_whether_it_is_of_one_device(browser, claire, anne):
    key(claire, "Gestionnaire", is_synced=True, used_at=timezone.now()), key(anne, "D’une autre")
    page = browser(claire).get(HERE).text
    assert "Gestionnaire" in page and "Synchronisée" in page and "dernier usage" in page and "D’une autre" not in page
    assert "pas encore utilisée" in browser(anne).get(HERE).text
    assert page.index("Clés d’accès") < page.index("Application d’authentification") < page.index("Code par SMS")


def test_it_is_renamed_and_nobody_else_s_is(browser, claire, anne):
    hers = key(claire)
    client, other = browser(claire), browser(anne)
    Session.objects.update(proof="passkey")
    assert other.post(there(hers), {"name": "Vol"}).status_code == other.get(there(hers)).status_code == 404
    assert client.post(there(hers), {"name": ""}).status_code == 422
    assert client.post(there(hers), {"name": "Poste du comptoir"})["Location"] == HERE
    assert Passkey.objects.get().name == "Poste du comptoir"
    assert AuditEvent.objects.get(action="passkey.rename").actor_id == claire.pk


def test_it_is_removed_by_a_strong_proof_and_told(browser, claire):
    hers, client = key(claire), browser(claire)
    assert client.post(there(hers), {"action": "remove"})["Location"].startswith("/confirmer/?fort=1"), (
        "an SMS is not enough"
    )
    Session.objects.update(proof="passkey")
    RecoveryCode.objects.create(user=claire, digest=b"x")
    assert client.post(there(hers), {"action": "remove"})["Location"] == HERE
    assert not Passkey.objects.exists() and not RecoveryCode.objects.exists() and client.get(HERE).status_code == 200
    assert AuditEvent.objects.get(action="passkey.remove").actor_id == claire.pk
    assert Notice.objects.get(kind="factor_removed").user_id == claire.pk


def test_the_key_of_this_session_ends_it_and_says_so_before(browser, claire):
    hers, client = key(claire), browser(claire)
    Session.objects.update(proof="passkey", means="passkey", passkey=hers)
    assert "vous serez déconnecté" in client.get(there(hers)).text
    assert client.post(there(hers), {"action": "remove"})["Location"] == "/connexion/"
    assert client.get(HERE).status_code == 302 and not Session.objects.filter(user=claire).exists()


@pytest.mark.parametrize("left", [{"phone": ""}, {"password": make_password(None)}])
def test_the_only_way_in_stays(browser, claire, left):
    hers = key(claire)
    User.objects.filter(pk=claire.pk).update(**left)
    client = browser(User.objects.get(pk=claire.pk))
    Session.objects.update(proof="passkey")
    assert "votre seule façon d’entrer" in client.post(there(hers), {"action": "remove"}, follow=True).text
    second = key(claire, "Seconde")
    assert client.post(there(hers), {"action": "remove"})["Location"] == HERE and Passkey.objects.get() == second


def test_who_has_no_password_is_asked_for_none(browser, claire):
    """By Pro Santé Connect alone: ways that come after a password are not offered."""
    key(claire)
    User.objects.filter(pk=claire.pk).update(password=make_password(None))
    client = browser(User.objects.get(pk=claire.pk))
    page = client.get(HERE).text
    assert "Code par SMS" not in page and "Codes de secours" not in page and "cles/" in page
