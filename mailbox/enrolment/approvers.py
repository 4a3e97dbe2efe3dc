"""Who may recognise a person: the *titulaire* and the managers of where the annuaire sees them, or where they work already.

They are told in their own mailboxes, or where they have none in the shared one: a letter, which names who asks, and leads to the
page. Refuses to decide: the verbs of auth_otp do, with what the approver typed.
"""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db.models import Q, QuerySet
from django.urls import reverse

from auth_otp import enrolment, identity, reset
from auth_otp.models import Enrolment, Reset, User
from mailbox.daily import letter_box
from mailbox.models import Mailbox, Membership, Staff, Tenant
from mailbox.outbound import house

_MANAGER = Membership.Role.MANAGER


def enrolments_for(tenants: Iterable[Tenant], now: datetime) -> QuerySet[Enrolment]:
    """Of pharmacists whom the annuaire sees in these structures."""
    places = [tenant.finess for tenant in tenants if tenant.finess]
    return enrolment.may_be_decided(now).filter(places__overlap=places) if places else Enrolment.objects.none()


def resets_for(user: User, now: datetime) -> QuerySet[Reset]:
    """Of people who work where this one is *titulaire*, or whose shared mailbox this one manages. Never one's own."""
    runs = _run_by(user)
    led = Staff.objects.headed_by(user).values("pk")
    works = Q(user__memberships__mailbox__in=runs.values("mailbox")) | Q(user__memberships__mailbox__tenant__in=led)
    return reset.may_be_approved(now).filter(works).exclude(user=user).distinct()


def _run_by(user: User) -> QuerySet[Membership]:
    """Of the shared mailboxes that this one manages."""
    return Membership.objects.standing().filter(user=user, role=_MANAGER, mailbox__kind=Mailbox.Kind.ORG)


def spares(user: User, person: User) -> bool:
    """May this approver spare the time to cool? Who heads the structure may, and a manager of who manages nothing.

    Never of a *titulaire*, of a «gérant» but by theirs, nor of who works where this approver answers for nothing: one
    structure's word opens the mail of no other one at once.
    """
    if Tenant.objects.filter(holder=person).exists():
        return False
    held = Membership.objects.filter(user=person)
    works = set(Staff.objects.authorised().filter(user=person).values_list("tenant", flat=True))
    works |= set(held.values_list("mailbox__tenant", flat=True))
    led = set(Staff.objects.headed_by(user).values_list("pk", flat=True))
    if works - led - set(_run_by(user).values_list("mailbox__tenant", flat=True)):
        return False
    delegates = Staff.objects.authorised().filter(user=person, is_delegate=True)
    if delegates.exclude(tenant__holder=user).exists():
        return False
    managed = held.filter(role=_MANAGER, mailbox__kind=Mailbox.Kind.ORG)
    return not managed.exclude(mailbox__tenant__in=led).exists()


def tell_of_reset(row: Reset, now: datetime) -> None:
    """Somebody waits to be recognised; in the caller's transaction."""
    if row.user is None:
        return
    name = row.user.get_full_name()
    for tenant in Tenant.objects.filter(mailboxes__memberships__user=row.user).distinct():
        _write(
            tenant,
            f"Accès perdu : {name}",
            f"{name} a perdu son {'mot de passe' if row.kind == Reset.Kind.PASSWORD else 'téléphone'} et demande à être "
            "reconnu. Répondez seulement après l’avoir vu en face : demandez-lui le début de la référence de sa demande.",
            now=now, but=row.user,
        )  # fmt: skip


def tell(row: Enrolment, now: datetime) -> None:
    """An account waits for somebody's word; in the caller's transaction."""
    told = identity.professional(row.rpps)
    name = f"{told.title} {told.first_name} {told.last_name.upper()}".strip() if told else "Un pharmacien"
    for tenant in Tenant.objects.filter(finess__in=row.places).exclude(finess=""):
        _write(
            tenant,
            f"Demande de compte : {name}",
            f"{name} (RPPS {row.rpps}) demande à ouvrir un compte de messagerie, et l’Annuaire Santé ne lui donne aucune "
            "adresse où envoyer un code. Vous pouvez répondre d’elle ou de lui, après l’avoir reconnu en face : demandez-lui"
            " le début de la référence de sa demande.",
            now=now,
        )


def _write(tenant: Tenant, subject: str, text: str, *, now: datetime, but: User | None = None) -> None:
    link = f"{settings.BASE_URL}{reverse('mailbox:approvals')}"
    for box in _boxes(tenant, but):
        house.write(box, subject, text, f"Répondre : {link}", now=now)


def _boxes(tenant: Tenant, but: User | None) -> list[Mailbox]:
    runs = Q(
        memberships__mailbox__tenant=tenant, memberships__role=_MANAGER, memberships__mailbox__kind=Mailbox.Kind.ORG
    )
    people = User.objects.filter(runs | Q(pk=tenant.holder_id), is_active=True).distinct()
    people = people.exclude(pk=but.pk) if but else people
    if but and not people:
        return []  # nobody there may answer: an administrator does
    own = [letter_box(person) for person in people]
    shared = Mailbox.objects.select_related("key").filter(
        tenant=tenant, kind=Mailbox.Kind.ORG, state=Mailbox.State.ACTIVE
    )
    found = [box for box in own if box is not None]
    return found if own and len(found) == len(own) else [*found, *shared.order_by("created_at")[:1]]
