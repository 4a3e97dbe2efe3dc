"""/metrics, for Prometheus: by a bearer token, and as if it did not exist without."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from mailbox.watching import metrics
from mssweb.crypto import same


@never_cache
@require_safe
def measures(request: HttpRequest) -> HttpResponse:
    expected = f"Bearer {settings.METRICS_TOKEN}".encode()
    if not settings.METRICS_TOKEN or not same(request.headers.get("Authorization", "").encode(), expected):
        raise Http404
    return HttpResponse(metrics.text(timezone.now()), content_type=metrics.CONTENT_TYPE)
