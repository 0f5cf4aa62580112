"""What the enterprise's page shows of its visits (settings.ENTERPRISE_PANELS)."""

from __future__ import annotations

from typing import Final

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from cadres.http import CadreRequest
from enterprises.models import Enterprise
from visits.models import Visit

SHOWN: Final = 5


def of_enterprise(request: CadreRequest, enterprise: Enterprise) -> SafeString:
    """The latest visits, in one query; nothing for those who don't read visits."""
    if not request.user.has_perm("visits.view_visit"):
        return SafeString("")
    visible = Visit.objects.visible_to(request.user).filter(enterprise=enterprise)
    rows = list(visible.select_related("cadre").with_appeal_count()[: SHOWN + 1])
    context = {
        "visits": rows[:SHOWN],
        "agreed": rows[0] if rows and rows[0].next_contact_on else None,
        "today": timezone.localdate(),
        "more": f"{reverse('visits:list')}?{urlencode({'q': enterprise.name})}" if len(rows) > SHOWN else "",
        "timeline_url": reverse("visits:timeline", args=(enterprise.pk,)),
        "log_url": _log_url(request, enterprise),
    }
    return render_to_string("visits/_of_enterprise.html", context, request)


def _log_url(request: CadreRequest, enterprise: Enterprise) -> str:
    """Where this visitor would log the first visit; "" for those who log none."""
    may = request.user.has_perm("visits.log_visit")
    return f"{reverse('visits:new')}?enterprise={enterprise.pk}" if may else ""
