"""What other pages show of appeals; named in settings.ENTERPRISE_PANELS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.template.loader import render_to_string
from django.utils import timezone

from appeals.models import Appeal

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

    from cadres.http import CadreRequest
    from enterprises.models import Enterprise

SHOWN: Final = 5


def of_enterprise(request: CadreRequest, enterprise: Enterprise) -> SafeString:
    """The enterprise's appeals that the reader may see, the most urgent first."""
    visible = Appeal.objects.visible_to(request.user).filter(enterprise=enterprise).defer("description", "reply")
    rows = list(visible.with_light(timezone.now()).select_related("category").most_urgent_first()[: SHOWN + 1])
    context = {
        "enterprise": enterprise,
        "rows": rows[:SHOWN],
        "has_more": len(rows) > SHOWN,
        "may_register": request.user.has_perm("appeals.submit_appeal"),
    }
    return render_to_string("appeals/_of_enterprise.html", context, request)
