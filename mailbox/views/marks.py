"""What is done to threads, and undone. Plain forms; htmx gets the parts that changed.

The form says which threads, or that it is about all that the list holds; and what the page knew (`vu`), so that nobody
undoes a colleague unaware.
"""

from uuid import UUID

from django.contrib import messages
from django.core import signing
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from mailbox import access, snoozing, undoing
from mailbox.models import Folder, Preference, preference_of
from mailbox.views import acts, found, listing, pages, people, rows, stands, wide
from mailbox.views.acts import ACTS, Done, Wish
from mailbox.views.asked import Asked, asked
from mailbox.views.place import Place, inside, place_of
from mssweb.audit.record import record_all

_AGAIN, _AGAIN_SECONDS = "mailbox.again", 3600
_MOST = 500  # threads that a form names
MOST_OF_ALL = 5_000  # threads in one act on all of a list


@require_POST
@inside()
def act(request: HttpRequest, place: Place, folder: str) -> HttpResponse:
    """The act named by the button, on the threads that were ticked (or the one that is open), or on all of the list."""
    again = _again(request, place)
    name, _, value = (again["act"] if again else request.POST.get("action", "")).partition(":")
    if name not in ACTS:
        raise Http404
    access.check_right(place.membership, write=ACTS[name].writes)
    shelf = pages.folder_asked(place, folder)
    wanted = acts.ids(again["threads"]) if again else threads_asked(request)
    if request.POST.get("all") and not again:
        thread_ids = listing.thread_ids(place, shelf, asked(request), most=MOST_OF_ALL)
    else:
        thread_ids = wanted
    if not thread_ids:
        return _answer(request, place, shelf, name, Done(), [])
    seen, want = request.POST.get("vu", ""), asked(request)
    wish = Wish(
        name=name, value=value, request=request, place=place, shelf=shelf, now=timezone.now(),
        folders=wide.folders(place, shelf, want), spared=wide.spared(place, shelf, want),
        seen=int(seen) if seen.isascii() and seen.isdigit() and not again else None,
    )  # fmt: skip
    done, goes_on = Done(), _after(request, place, shelf, name, thread_ids)
    try:
        done = acts.run(wish, thread_ids)
    except acts.CannotBe as why:
        messages.error(request, str(why))
    else:
        _say(wish, done, is_all=len(thread_ids) == MOST_OF_ALL)
    if goes_on and done.changed:
        return redirect(f"{goes_on}{_sign(shelf, want)}")
    return _answer(request, place, shelf, name, done, thread_ids)


def _after(request: HttpRequest, place: Place, shelf: Folder, name: str, thread_ids: list[UUID]) -> str:
    """Without scripts: the thread that follows the open one in its list, for who goes on with it (list.js does with them)."""
    goes_on = preference_of(place.user).after_archive == Preference.After.NEXT
    if request.htmx or name not in _LEAVING or not goes_on or len(thread_ids) != 1:  # type: ignore[attr-defined]  # django_htmx.middleware
        return ""
    if request.POST.get("r") or _thread_at(request.POST.get("next", "")) != thread_ids[0]:
        return ""  # found by a search: back to what it found
    following = listing.beside(place, shelf, thread_ids[0], asked(request))
    return reverse("mailbox:thread", args=[place.mailbox.pk, following]) if following else ""


def _sign(shelf: Folder, want: Asked) -> str:
    """Which list a thread was opened from."""
    return f"?d={shelf.role or shelf.pk}" + (f"&{want.query}" if want.query else "")


def threads_asked(request: HttpRequest) -> list[UUID]:
    """Those that the form names."""
    return acts.ids(request.POST.getlist("thread")[:_MOST])


def _say(wish: Wish, done: Done, *, is_all: bool) -> None:
    """What was done, with how to undo it; what was not, with how to do it all the same."""
    request, told = wish.request, acts.words(wish, done)
    if not done.changed and not done.held and ACTS[wish.name].moves and wish.value != wish.shelf.role:
        messages.error(request, "Rien n’a bougé : ce n’était déjà plus dans ce dossier.")
    if told:
        more = " Il en reste : recommencez." if is_all else ""
        messages.info(request, told + more, extra_tags=done.note)
    if done.held:
        held = {
            "box": str(wish.place.mailbox.pk), "who": str(wish.place.user.pk), "act": f"{wish.name}:{wish.value}",
            "threads": [str(one) for one in done.held],
        }  # fmt: skip
        token = signing.dumps(held, salt=_AGAIN, compress=True)
        messages.warning(
            request, acts.held_words(wish, done), extra_tags=f"again:{wish.shelf.role or wish.shelf.pk}:{token}"
        )


def _again(request: HttpRequest, place: Place) -> dict[str, str] | None:
    """What was held because a colleague was quicker, and is to be done all the same."""
    if not (token := request.POST.get("again")):
        return None
    try:
        told: dict[str, str] = signing.loads(token, salt=_AGAIN, max_age=_AGAIN_SECONDS)
    except signing.BadSignature:
        raise Http404 from None
    if (told["box"], told["who"]) != (str(place.mailbox.pk), str(place.user.pk)):
        raise Http404
    return told


@require_POST
@inside()
def undo(request: HttpRequest, place: Place) -> HttpResponse:
    """Put back exactly what one act of this person changed, as far as nobody changed it since."""
    if not place.membership.mailbox.accepts_mail:
        access.check_right(place.membership, write=True)
    try:
        _undone(request, place)
    except snoozing.Full:  # nothing was undone: the note is still there
        messages.error(request, acts.NO_MORE_REMINDERS)
    else:
        messages.success(request, "Annulé : tout est revenu à sa place.")
    if request.htmx:  # type: ignore[attr-defined]  # django_htmx.middleware
        answer = render(request, "mailbox/_toasts.html", {"shell": place})
        answer["HX-Trigger"] = "mss:refresh"
        return answer
    return redirect(_listed(request, place) or reverse("mailbox:folder", args=[place.mailbox.pk, "inbox"]))


def _undone(request: HttpRequest, place: Place) -> None:
    now = timezone.now()
    with transaction.atomic():
        note = undoing.take(place.membership, _note(request), now=now)
        if note is None:
            access.check_right(place.membership, write=True)
            raise Http404
        if note.kind not in _PERSONAL:
            access.check_right(place.membership, write=True)
        undoing.undo(place.membership, note, now=now)
        record_all("thread.undo", note.threads, request=request, mailbox_id=place.mailbox.pk)


_PERSONAL = {"seen", "unseen", "snooze", "unsnooze"}


def _note(request: HttpRequest) -> UUID:
    try:
        return UUID(request.POST.get("note", ""))
    except ValueError:
        return UUID(int=0)


def _listed(request: HttpRequest, place: Place) -> str:
    """The list that the toast stood on, when the form says a true one."""
    target, base = request.POST.get("next", ""), f"/b/{place.mailbox.pk}/"
    return target if target.startswith(base) else ""


def _answer(
    request: HttpRequest, place: Place, shelf: Folder, name: str, done: Done, thread_ids: list[UUID]
) -> HttpResponse:
    """Without htmx, back to the list. With it: rows that went or changed, counters, toast, and the pane if it is concerned."""
    gone = name == "unseen" or (name in _LEAVING and bool(done.changed))  # the open thread has no reason to stay open
    if not request.htmx:  # type: ignore[attr-defined]  # django_htmx.middleware
        return redirect(_back(request, place, shelf, gone))
    opened = _opened(request)
    closes = gone and opened in (done.changed or thread_ids)
    fresh = place_of(place.user, place.mailbox.pk).at(place.here)
    try:
        context = _changed(request, fresh, shelf, thread_ids[:_MOST], name, None if closes else opened)
    except Http404:  # what is open was destroyed meanwhile: its pane closes, its row goes
        messages.error(request, acts.GONE)
        closes, context = True, _changed(request, fresh, shelf, thread_ids[:_MOST], name, None)
    if len(thread_ids) > _MOST:
        context |= {"refreshes": True}
    response = render(request, "mailbox/_acted.html", {"shell": fresh, "folder": shelf, "closes": closes, **context})
    if len(thread_ids) > _MOST:
        response["HX-Trigger"] = "mss:refresh"
    if closes:
        listed = reverse("mailbox:folder", args=[place.mailbox.pk, shelf.role or shelf.pk]) + asked(request).suffix
        response["HX-Push-Url"] = found.way_back(request, place) or listed  # the list that is still on the screen
    return response


_LEAVING = {*(name for name, act in ACTS.items() if act.moves), "snooze"}


def _changed(
    request: HttpRequest, place: Place, shelf: Folder, thread_ids: list[UUID], name: str, opened: UUID | None
) -> dict[str, object]:
    """The rows that left this list, or those to draw again; what the thread that stays open says of itself."""
    want = asked(request)
    if ACTS[name].moves and not wide.is_wide(shelf, want):
        return {"gone": thread_ids, "rows": [], "flagged": None}
    asks = want if name not in {"seen", "unseen"} else want.but(kind="")
    entries = listing.some(place, shelf, thread_ids, asks, stands=opened in thread_ids)
    shown = {entry.message.thread_id for entry in entries}
    faces = people.faces(place.mailbox, listing.addresses(entries))
    states = listing.states_of(entries) if shelf.role == Folder.Role.SENT else {}
    look = rows.look(place, faces, folder=shelf, want=want, opened=opened, states=states)
    flagged = next((e.message.is_flagged for e in entries if e.message.thread_id == opened), None)
    context: dict[str, object] = {
        "gone": [one for one in thread_ids if one not in shown], "rows": rows.rows(entries, look), "flagged": flagged,
    }  # fmt: skip
    if opened in thread_ids:
        shown_too = (stands.of_entry(entry) for entry in entries if entry.message.thread_id == opened)
        context |= stands.context(place, next(shown_too, None) or stands.of_id(place, opened), shelf)
    return context


def _back(request: HttpRequest, place: Place, shelf: Folder, gone: bool) -> str:
    """The page the form was on, when it still shows something."""
    target = request.POST.get("next", "")
    listed = reverse("mailbox:folder", args=[place.mailbox.pk, shelf.role or shelf.pk])
    if gone and (back := found.way_back(request, place)):
        return back
    if target.startswith(listed) or (not gone and target.startswith(f"/b/{place.mailbox.pk}/")):
        return target
    return listed


def _opened(request: HttpRequest) -> UUID | None:
    """The thread in the reading pane of the page that asks."""
    return _thread_at(request.htmx.current_url_abs_path or "/")  # type: ignore[attr-defined]  # django_htmx.middleware


def _thread_at(address: str) -> UUID | None:
    try:
        return resolve(address.partition("?")[0]).kwargs.get("thread_id")
    except Resolver404:
        return None
