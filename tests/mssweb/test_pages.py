"""What every page shares: addresses that break at their seams, refusals that can be understood, an icon."""

import pytest

from mssweb.templatetags.addresses import breakable


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("a.b@c.example", "a<wbr>.b@<wbr>c<wbr>.example"),
        ("<i>@x", "&lt;i&gt;@<wbr>x"),
        ("", ""),
    ],
)
def test_an_address_breaks_after_its_at_sign_and_before_dots_only(address, shown):
    assert breakable(address) == shown


def test_a_refusal_says_what_is_refused_and_who_can_help(client, sign_in, hugo, dupont):
    sign_in(client, hugo)
    page = client.get(f"/b/{dupont.pk}/nouveau/")
    text = page.content.decode()
    assert page.status_code == 403
    assert "Votre rôle dans cette boîte ne permet pas cette action. Un responsable de la boîte" in text
    assert "demandez-la" not in text


def test_pages_of_the_admin_have_our_icon_too(client, sign_in, make_user):
    sign_in(client, make_user("chef@x.example", "Chef", "Admin", is_staff=True, is_superuser=True))
    assert 'rel="icon"' in client.get("/admin/").content.decode()
