"""The one door from a user to a row: a stranger gets 404, a member who may not do it gets 403 (design §4.4).

Every function takes the person or the membership that was already granted, never an id alone. Opening a message is
recorded here, once per person and message. Nothing else in the project filters rows by user.
"""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.db.models import Model, Q, QuerySet
from django.http import Http404, HttpRequest
from django.utils import timezone
from uuid_utils.compat import uuid7

from auth_otp.models import User
from mailbox.life.states import READABLE
from mailbox.models import (
    Contact,
    ContactGroup,
    Draft,
    DraftFile,
    Folder,
    Import,
    Mailbox,
    MailboxRequest,
    Membership,
    Message,
    Note,
    Patient,
    Phrase,
    Recipient,
    Rule,
    Staff,
    Submission,
    Tenant,
    Thread,
)
from mssweb import notify
from mssweb.audit.models import AuditEvent
from mssweb.audit.record import client_address

# Suspended ones, and closed ones until they are destroyed, can be read (trust-space §7.4).
_READABLE = tuple(READABLE)
# Of an applicative mailbox, which software opens by its certificate, only a manager looks at what is there
_SEEN = ~Q(mailbox__kind=Mailbox.Kind.APP) | Q(role=Membership.Role.MANAGER)
_WHOLE, _BARE = ("mailbox__key", "mailbox__tenant"), ("mailbox",)


def mailboxes_of(user: User | UUID) -> QuerySet[Membership]:
    """The memberships by which `user` sees mailboxes: shared ones first, then nominative ones."""
    held = Membership.objects.standing().filter(_SEEN, user=user, mailbox__state__in=_READABLE)
    return held.select_related(*_WHOLE).order_by("mailbox__kind", "mailbox__display_name")


def access_mailbox(
    user: User, mailbox_id: UUID, *, write: bool = False, send: bool = False, manage: bool = False, bare: bool = False
) -> Membership:
    """The membership of `user` in that mailbox, its mailbox and key loaded with it (one query).

    `bare`: key and tenant are left for whoever asks for them; for what is asked at each letter that somebody types.
    """
    rows = Membership.objects.standing()
    held = rows.filter(_SEEN, user=user, mailbox_id=mailbox_id, mailbox__state__in=_READABLE)
    membership = next(iter(held.select_related(*(_BARE if bare else _WHOLE))), None)  # one at most
    if membership is None:
        raise Http404
    membership.user = user
    check_right(membership, write=write, send=send, manage=manage)
    return membership


def check_right(membership: Membership, *, write: bool = False, send: bool = False, manage: bool = False) -> None:
    """PermissionDenied (403) when the member may not; a suspended or closed mailbox only lets itself be read."""
    mailbox = membership.mailbox
    if (write or send or manage) and not mailbox.accepts_mail:
        raise PermissionDenied(f"Cette boîte aux lettres est {mailbox.get_state_display()}.")
    if (write or send) and mailbox.kind == Mailbox.Kind.APP:
        raise PermissionDenied("Cette boîte est celle d’un logiciel : on peut seulement regarder ce qu’elle contient.")
    if (write and not membership.can_write) or (send and not membership.can_send):
        raise PermissionDenied("Votre rôle dans cette boîte ne permet pas cette action.")
    if manage and not membership.can_manage:
        raise PermissionDenied("Cette action est réservée aux responsables de la boîte.")


def check_export(membership: Membership) -> None:
    """All of a mailbox leaves with its managers only (its holder is one), whatever its state while it can be read."""
    if not membership.can_manage:
        raise PermissionDenied("L’export d’une boîte est réservé à ses responsables.")


def check_keeping(membership: Membership) -> None:
    """What is held for the law is for managers, whatever the state of the mailbox: litigation outlives it."""
    if not membership.can_manage:
        raise PermissionDenied("La conservation pour motif légal est décidée par les responsables de la boîte.")


def check_drafts(membership: Membership) -> None:
    """Who may write has drafts; they are read where nobody writes any more."""
    if not membership.has_drafts:
        raise PermissionDenied("Votre rôle dans cette boîte ne permet pas d’y écrire.")


def tenants_of(user: User) -> QuerySet[Tenant]:
    """The structures that `user` answers for, as *titulaire* or as manager of a shared mailbox: they may ask for mailboxes."""
    runs = Membership.objects.standing().filter(user=user, role=Membership.Role.MANAGER, mailbox__kind=Mailbox.Kind.ORG)
    shared = runs.filter(mailbox__state__in=_READABLE).values("mailbox__tenant")
    return Tenant.objects.filter(Q(pk__in=headed_by(user).values("pk")) | Q(pk__in=shared)).order_by("name")


def headed_by(user: User) -> QuerySet[Tenant]:
    """The structures whose people `user` answers for: as *titulaire*, or named «gérant» by theirs."""
    return Staff.objects.headed_by(user).order_by("name")


def access_structure(user: User, tenant_id: UUID) -> Tenant:
    """One whose people `user` answers for; any other is as if it did not exist, for who works there too."""
    tenant = headed_by(user).filter(pk=tenant_id).first()
    if tenant is None:
        raise Http404
    return tenant


def access_staff(tenant: Tenant, staff_id: UUID) -> Staff:
    """Somebody of a structure that was granted."""
    row = Staff.objects.filter(tenant=tenant, pk=staff_id).select_related("user").first()
    if row is None:
        raise Http404
    return row


def governed_by(user: User) -> QuerySet[Mailbox]:
    """The mailboxes that `user` sees the life of: those of their structures, and their own; destroyed ones are history."""
    own = Membership.objects.standing().filter(user=user, role=Membership.Role.MANAGER).values("mailbox")
    seen = Mailbox.objects.filter(Q(tenant__in=tenants_of(user).values("pk")) | Q(pk__in=own))
    return seen.exclude(state=Mailbox.State.REQUESTED)


def may_close(user: User, mailbox: Mailbox) -> bool:
    """Its managers; of what is no one's own, the *titulaire* too. `mailbox` with its memberships and tenant."""
    runs = any(one.user_id == user.pk and one.can_manage for one in mailbox.memberships.all())
    return runs or (mailbox.kind != Mailbox.Kind.PER and mailbox.tenant.holder_id == user.pk)


def access_governed(user: User, mailbox_id: UUID) -> Mailbox:
    """A mailbox whose closure `user` may ask for: 404 for a stranger, 403 for who only sees it."""
    rows = governed_by(user).select_related("tenant").prefetch_related("memberships")
    mailbox = rows.filter(pk=mailbox_id).first()
    if mailbox is None:
        raise Http404
    if not may_close(user, mailbox):
        raise PermissionDenied("Seuls le titulaire et les responsables de cette boîte décident de sa clôture.")
    return mailbox


def access_request(user: User, request_id: UUID) -> MailboxRequest:
    """A request for a mailbox of a structure of `user`."""
    rows = MailboxRequest.objects.filter(tenant__in=tenants_of(user).values("pk")).select_related("tenant")
    found = rows.filter(pk=request_id).first()
    if found is None:
        raise Http404
    return found


def people_of(tenant: Tenant) -> QuerySet[User]:
    """Who works there: its authorised people, and the *titulaire*."""
    works = Staff.objects.authorised().filter(tenant=tenant).values("user")
    return User.objects.filter(Q(pk__in=works) | Q(pk=tenant.holder_id), is_active=True).order_by(
        "last_name", "first_name"
    )


def access_folder(membership: Membership, folder: str | UUID) -> Folder:
    """A folder of the mailbox, by role («inbox») or by id."""
    folders = Folder.objects.filter(mailbox_id=membership.mailbox_id)
    found = (
        folders.filter(pk=folder).first() if isinstance(folder, UUID) else folders.filter(role=folder or "-").first()
    )
    if found is None:
        raise Http404
    return found


def _one[M: Model](rows: QuerySet[M], membership: Membership, row_id: UUID) -> M:
    """That row of this mailbox; one of another mailbox is as if it did not exist."""
    found = rows.filter(mailbox_id=membership.mailbox_id, pk=row_id).first()
    if found is None:
        raise Http404
    return found


def access_thread(membership: Membership, thread_id: UUID, *, lock: bool = False) -> Thread:
    """With `lock`, held until the end of the transaction, its mailbox first: neither is destroyed meanwhile."""
    held = Thread.objects.select_related("mailbox").select_for_update(of=("mailbox", "self"), no_key=True)
    return _one(held if lock else Thread.objects.all(), membership, thread_id)


def access_threads(membership: Membership, thread_ids: Sequence[UUID]) -> list[UUID]:
    """Those of `thread_ids` that are of this mailbox; the others are as if they did not exist."""
    found = Thread.objects.filter(mailbox_id=membership.mailbox_id, pk__in=thread_ids)
    return list(found.values_list("pk", flat=True))


def messages_of(membership: Membership, thread_id: UUID) -> QuerySet[Message]:
    """The messages of a thread of this mailbox; none when the thread is of another one."""
    return Message.objects.filter(mailbox_id=membership.mailbox_id, thread_id=thread_id)


def access_message(membership: Membership, message_id: UUID) -> Message:
    messages = Message.objects.select_related("folder", "blob").filter(blob__mailbox=membership.mailbox_id)
    return _one(messages, membership, message_id)


def find_message(membership: Membership, message_id: str) -> Message | None:
    """What a letter that is written answers or forwards; None once it is destroyed, as for what is of another mailbox."""
    try:
        return access_message(membership, UUID(message_id)) if message_id else None
    except (Http404, ValueError):
        return None


def access_draft(membership: Membership, draft_id: UUID, *, write: bool = True, lock: bool = False) -> Draft:
    """A draft of this mailbox by who holds it; with `lock`, held until the end of the transaction."""
    check_drafts(membership)
    check_right(membership, write=write)
    drafts = Draft.objects.select_for_update(of=("self",)) if lock else Draft.objects.select_related("handed_by")
    held = Q(author_id=membership.user_id)
    offered = Q(is_offered=True)  # read by all who have drafts, edited by nobody before somebody takes it
    return _one(drafts.filter(held & ~offered if write else held | offered), membership, draft_id)


def is_offered(membership: Membership, draft_id: UUID) -> bool:
    """Does a draft of this mailbox wait for somebody of the team to take it?"""
    return Draft.objects.filter(mailbox=membership.mailbox_id, pk=draft_id, is_offered=True).exists()


def access_patient(membership: Membership, patient_id: UUID) -> Patient:
    """Somebody whom this mailbox knows, for who writes about them."""
    check_right(membership, send=True)
    return _one(Patient.objects.all(), membership, patient_id)


def access_draft_file(membership: Membership, draft: Draft, file_id: UUID) -> DraftFile:
    files = DraftFile.objects.select_related("blob").filter(blob__mailbox=membership.mailbox_id, draft=draft)
    return _one(files, membership, file_id)


def access_note(membership: Membership, note_id: UUID) -> Note:
    """A note by its own author, who still finds words in it; held until the end of the transaction."""
    notes = Note.objects.select_for_update(of=("self",)).filter(author_id=membership.user_id, box__isnull=False)
    return _one(notes, membership, note_id)


def access_member(membership: Membership, member_id: UUID) -> Membership:
    """A colleague in this mailbox."""
    return _one(Membership.objects.select_related("user", "mailbox"), membership, member_id)


def access_submission(membership: Membership, submission_id: UUID) -> Submission:
    """What a person sent; mail of the house is nobody's."""
    return _one(Submission.objects.filter(message__isnull=False), membership, submission_id)


def access_held(membership: Membership, submission_id: UUID) -> Submission:
    """What one may take back, or let leave at another time: one's own, and for a manager what somebody left behind who left."""
    found = access_submission(membership, submission_id)
    if found.author_id != membership.user_id and not (
        membership.can_manage
        and not Membership.objects.standing().filter(mailbox=membership.mailbox_id, user=found.author_id).exists()
    ):
        raise Http404
    return found


def access_recipient(membership: Membership, recipient_id: UUID) -> Recipient:
    sent = Recipient.objects.select_related("submission").filter(submission__message__isnull=False)
    return _one(sent, membership, recipient_id)


def access_contact(membership: Membership, contact_id: UUID) -> Contact:
    return _one(Contact.objects.all(), membership, contact_id)


def access_group(membership: Membership, group_id: UUID) -> ContactGroup:
    return _one(ContactGroup.objects.all(), membership, group_id)


def access_phrase(membership: Membership, phrase_id: UUID) -> Phrase:
    """A saved reply or a signature of the mailbox, or one's own; a colleague's is as if it did not exist."""
    mine = Q(owner__isnull=True) | Q(owner_id=membership.user_id)
    return _one(Phrase.objects.filter(mine), membership, phrase_id)


def access_rule(membership: Membership, rule_id: UUID) -> Rule:
    return _one(Rule.objects.select_related("changed_by"), membership, rule_id)


def access_import(membership: Membership, import_id: UUID) -> Import:
    return _one(Import.objects.select_related("author"), membership, import_id)


_OPEN = f"""
WITH opened AS (
  INSERT INTO mailbox_seen AS s (mailbox_id, membership_id, message_id, thread_id, seen_at, opened_at)
  SELECT m.mailbox_id, %(membership)s, m.id, m.thread_id, %(now)s, %(now)s
    FROM mailbox_message m WHERE m.id = ANY(%(messages)s) AND m.mailbox_id = %(mailbox)s
  ON CONFLICT (mailbox_id, membership_id, message_id) DO UPDATE
     SET seen_at = coalesce(s.seen_at, excluded.seen_at), opened_at = coalesce(s.opened_at, excluded.opened_at)
   WHERE s.opened_at IS NULL OR (%(again)s AND s.seen_at IS NULL)
  RETURNING message_id, opened_at = %(now)s AS is_first),
told AS (
  INSERT INTO {AuditEvent._meta.db_table}
    (id, at, actor_id, process, action, mailbox_id, subject_kind, subject_id, client, result, facts)
  SELECT x.event, %(now)s, %(user)s, %(process)s, 'message.open', %(mailbox)s, 'message', o.message_id::text,
         %(client)s::inet, 'ok', '{{}}'::jsonb
    FROM opened o JOIN unnest(%(messages)s::uuid[], %(events)s::uuid[]) AS x (message, event)
      ON x.message = o.message_id WHERE o.is_first)
SELECT count(*) FROM opened
"""  # noqa: S608  (the name of our own table)


def open_messages(
    request: HttpRequest, membership: Membership, messages: Iterable[Message], *, again: bool = True
) -> None:
    """A person explicitly opened these messages: seen for that person, told to the audit the first time. One statement.

    Not `again`: what this person opened before and marked unread since stays unread. 404 for what is destroyed meanwhile.
    """
    ids = [message.pk for message in messages]
    given: dict[str, Any] = {
        "membership": membership.pk,
        "mailbox": membership.mailbox_id,
        "messages": ids,
        "events": [uuid7() for _ in ids],
        "user": membership.user_id,
        "process": settings.PROCESS,
        "client": client_address(request),
        "now": timezone.now(),
        "again": again,
    }
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_OPEN, given)
            if cursor.fetchone() != (0,):
                notify.changed(membership.mailbox_id)
    except IntegrityError:  # its mark would name a message that is gone
        raise Http404 from None


def open_message(request: HttpRequest, membership: Membership, message: Message, *, again: bool = True) -> None:
    open_messages(request, membership, [message], again=again)
