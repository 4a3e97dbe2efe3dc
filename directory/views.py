"""The directory's page and the suggestions of the composer. Searches are POSTed and never kept."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from directory import lookup
from directory.models import DirectoryLoad

MAX_CARDS = 30


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def search(request: HttpRequest) -> HttpResponse:
    """The page; a POST answers with cards, with or without a script."""
    query = request.POST.get("q", "")[:100].strip()
    found = lookup.cards(query, limit=MAX_CARDS + 1)
    loads = DirectoryLoad.objects.filter(state=DirectoryLoad.State.DONE, kind=DirectoryLoad.Kind.MAILBOXES)
    context = {
        "query": query,
        "cards": found[:MAX_CARDS],
        "more": len(found) > MAX_CARDS,
        "loaded": loads.first(),
        "too_short": 0 < len(query) < 2,
    }
    return render(request, "directory/search.html", context)


@never_cache
@require_POST
def suggestions(request: HttpRequest) -> HttpResponse:
    """Rows of a list box, for what is being typed."""
    found = lookup.suggest(request.POST.get("q", ""))
    return render(request, "directory/suggestions.html", {"suggestions": found})
