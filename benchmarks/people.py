"""The one pharmacy of the measurements: its mailbox, its pharmacist, a signed-in browser."""

from django.utils import timezone

from auth_otp.models import User
from mailbox.models import Domain, Mailbox, Membership, Tenant, open_mailbox
from mailbox.staff.admitting import admit

DOMAIN = "officine.mssante.example"


def pharmacy(addresses: tuple[str, ...] = ("pharmacie",)) -> tuple[Mailbox, User]:
    """Open one shared mailbox per local part; the first is answered."""
    user = User.objects.create_user("anne.dupont@x.example", "sans objet ici", first_name="Anne", last_name="Dupont")
    tenant = Tenant.objects.create(name="Pharmacie Dupont", holder=user)
    admit(tenant, user, by=None, now=timezone.now(), is_operator=True)
    domain = Domain.objects.create(name=DOMAIN)
    boxes = [
        open_mailbox(
            tenant=tenant, domain=domain, address=f"{local}@{DOMAIN}", kind="ORG", state="active", display_name=local
        )
        for local in addresses
    ]
    Membership.objects.bulk_create(Membership(mailbox=box, user=user, role="manager") for box in boxes)
    return boxes[0], user


def signed_in(client, user: User):
    """A browser with a verified session, as auth_otp makes them."""
    from tests.conftest import verified_session

    verified_session(client, user)
    return client
