"""A mailbox is asked for, agreed to, checked and opened; what does not agree wants a reason."""

import pytest
from django.utils import timezone

from mailbox.life import desk, requests
from mailbox.life.requests import Wish
from mailbox.models import Life, Mailbox, MailboxRequest
from mssweb.audit.models import AuditEvent
from tests.conftest import DOMAIN
from tests.mailbox.life.conftest import RPPS, by, subjects


def wish(tenant, domain, kind="ORG", **more) -> Wish:
    return Wish(tenant=tenant, domain=domain, kind=kind, **more)


def test_what_the_directory_confirms_is_opened_with_keys_a_member_and_a_welcome(known, tenant, domain, anne):
    anne.profession = "Pharmacienne titulaire"
    anne.save()
    asked = wish(tenant, domain, "PER", person=anne)
    assert requests.offers(asked)[0] == f"anne.dupont@{DOMAIN}"
    row = requests.ask(asked, f"anne.dupont@{DOMAIN}", by(anne, "Pour les résultats"))
    assert row.agreed_by == anne, "the titulaire asks"
    assert requests.is_sure(row)
    box = requests.accept(row.pk, by(None))
    [member] = box.memberships.all()
    assert (box.state, member.user, member.role) == ("active", anne, "manager")
    assert Life.objects.get(pk=box.pk).holder == anne
    assert box.display_name == "Dr_Anne_DUPONT_Pharmacie Dupont"
    assert subjects(box) == ["Votre boîte aux lettres est ouverte"]
    assert box.listing.reason.startswith("Il manque : une adresse en .mssante.fr"), "publication is asked for"
    assert [step.act for step in box.steps.all()] == ["open"]
    with pytest.raises(requests.Refused, match="n’attend plus"):
        requests.accept(row.pk, by(None))


def test_what_does_not_agree_is_opened_with_a_reason_only_and_that_is_told(tenant, domain, anne):
    row = requests.ask(wish(tenant, domain, "PER", person=anne), f"anne.dupont@{DOMAIN}", by(anne, "m"))
    for act in (lambda: requests.accept(row.pk, by()), lambda: requests.accept(row.pk, by(), despite=True),
                lambda: requests.accept(row.pk, by(None, "Vu sa carte"))):  # fmt: skip
        with pytest.raises(requests.Refused, match="Tout ne concorde pas"):
            act()
    assert requests.accept(row.pk, by(None, "Vu sa carte"), despite=True).state == "active"
    [told] = AuditEvent.objects.filter(action="request.accept")
    assert told.facts == {"doubts": 4, "despite": True}


def test_a_manager_asks_and_the_titulaire_agrees_and_nobody_else(known, tenant, domain, anne, claire):
    row = requests.ask(
        wish(tenant, domain, label="Vaccination"), f"pharmacie-dupont-paris-vaccination@{DOMAIN}", by(claire, "m")
    )
    assert row.agreed_by is None
    with pytest.raises(requests.Refused, match="Seul le titulaire"):
        requests.agree(row.pk, by(claire))
    with pytest.raises(requests.Refused, match="Tout ne concorde pas"):
        requests.accept(row.pk, by())
    requests.agree(row.pk, by(anne))
    box = requests.accept(row.pk, by())
    assert [(m.user, m.role) for m in box.memberships.all()] == [(claire, "manager")]


def test_an_address_is_asked_for_once_is_free_again_when_refused_and_never_after_it_was_used(
    known, dupont, tenant, domain, anne
):
    asked = wish(tenant, domain)
    first = requests.offers(asked)[0]
    assert first == f"pharmacie-dupont@{DOMAIN}", "the one with the town is taken"
    row = requests.ask(asked, first, by(anne, "m"))
    with pytest.raises(requests.Refused, match="prise"):
        requests.ask(asked, first, by(anne, "m"))
    requests.refuse(row.pk, by(None, "Doublon"))
    assert requests.offers(asked)[0] == first
    box = requests.accept(requests.ask(asked, first, by(anne, "m")).pk, by())
    desk.close(box.pk, by())
    Mailbox.objects.filter(pk=box.pk).update(state="deleted")
    assert first not in requests.offers(asked)
    assert requests.near(f"pharmacie-dupont2@{DOMAIN}") == [first]
    for address in (f"postmaster@{DOMAIN}", "x@ailleurs.example", f"libre@{DOMAIN}"):
        with pytest.raises(requests.Refused):
            requests.ask(asked, address, by(anne, "m"))


def test_nobody_without_a_rpps_number_has_a_personal_mailbox_whoever_insists(tenant, domain, anne, claire):
    with pytest.raises(requests.Refused, match="RPPS"):
        requests.ask(wish(tenant, domain, "PER", person=claire), f"claire.martin@{DOMAIN}", by(anne, "m"))
    claire.rpps = "99900000029"
    claire.save()
    row = requests.ask(wish(tenant, domain, "PER", person=claire), f"claire.martin@{DOMAIN}", by(anne, "m"))
    claire.rpps = ""
    claire.save()
    with pytest.raises(requests.Refused, match="RPPS"):
        requests.accept(row.pk, by(None, "m"), despite=True)
    assert (MailboxRequest.objects.get().state, RPPS) == ("waiting", anne.rpps)
    assert timezone.now()
