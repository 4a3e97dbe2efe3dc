"""«Ma structure»: who is there, what they open and what they hold to sign in with. For the *titulaire* and the «gérants».

Of each structure a page of its own, and nothing of one on the page of another. Whoever only works there finds nothing here.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from auth_otp import proof
from auth_otp.proof import Worth
from mailbox import access
from mailbox.models import Staff, Tenant
from mailbox.staff import rules, seen
from mailbox.views.place import person

type _View[**P] = Callable[Concatenate[HttpRequest, Tenant, P], HttpResponse]


def headed[**P](*, proven: bool = False) -> Callable[[_View[P]], Callable[..., HttpResponse]]:
    """A view of one structure, for who answers for it: 404 for anybody else. `proven`: who they are, lately."""

    def wear(view: _View[P]) -> Callable[..., HttpResponse]:
        @never_cache
        @wraps(view)
        def enter(request: HttpRequest, tenant_id: UUID, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            tenant = access.access_structure(person(request), tenant_id)
            if proven and not proof.is_fresh(request, now=timezone.now(), worth=Worth.STRONGEST):
                return proof.ask(request, Worth.STRONGEST)
            with timezone.override(ZoneInfo(tenant.time_zone)):
                return view(request, tenant, *args, **kwargs)

        return enter

    return wear


def show(request: HttpRequest, tenant: Tenant, page: str, **told: Any) -> HttpResponse:
    """A page of a structure, with the others that this person answers for beside it; 422 when its form was refused."""
    form = told.get("form")
    known = {"tenant": tenant, "tenants": list(access.headed_by(person(request))), **told}
    status = 422 if form is not None and form.errors else 200
    return render(request, f"mailbox/structure/{page}.html", known, status=status)


@never_cache
@require_safe
def structures(request: HttpRequest) -> HttpResponse:
    """The first one: the others are beside it. The page of who has none says whose it is."""
    first = access.headed_by(person(request)).first()
    if first is not None:
        return redirect("mailbox:structure", first.pk)
    return render(request, "mailbox/structure/none.html", status=404)


@require_safe
@headed()
def structure(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    found = seen.people(tenant, now=timezone.now())
    told, today = rules.told_of(tenant), rules.today_of(tenant)
    here = [one for one in found if one.row.is_authorised]
    groups = [
        ("À autoriser", [one for one in found if one.row.state == Staff.State.WAITING]),
        ("Autorisées", here),
        ("Suspendues", [one for one in found if one.row.state == Staff.State.SUSPENDED]),
        ("Retirées", [one for one in found if one.row.state == Staff.State.WITHDRAWN]),
    ]
    return show(
        request, tenant, "people", groups=[(title, ones) for title, ones in groups if ones], count=len(here),
        weak=sum(one.is_weak for one in here), rule=told.at(today), unmanaged=seen.unmanaged(tenant), me=person(request),
        coming=None if told.is_due(today) else told.coming, on=told.on,
    )  # fmt: skip
