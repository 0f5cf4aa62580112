"""What other pages show of appeals; named in settings.ENTERPRISE_PANELS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db.models import Count, Max
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString

from appeals import blocks
from appeals.models import Appeal, EnterpriseLink

if TYPE_CHECKING:
    from cadres.http import CadreRequest
    from enterprises.models import Enterprise
    from policies.models import Fulfilment

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


def of_fulfilment(request: CadreRequest, fulfilment: Fulfilment) -> SafeString:
    """The appeals about what is in a fulfilment's way, and the way to one where none is under way."""
    visible = Appeal.objects.visible_to(request.user).filter(fulfilment=fulfilment).defer("description", "reply")
    may_raise = bool(fulfilment.block) and request.user.has_perm("appeals.submit_appeal")
    running, rows = blocks.open_of(fulfilment), list(visible.with_light(timezone.now()).order_by("-pk")[:SHOWN])
    context = {
        "fulfilment": fulfilment,
        "rows": rows,
        "is_with_others": running is not None and running not in rows,
        "may_raise": may_raise and running is None,
    }
    return render_to_string("appeals/_of_fulfilment.html", context, request)


def links_of_enterprise(request: CadreRequest, enterprise: Enterprise) -> SafeString:
    """Whether the enterprise can see its own appeals; for those who may give it a link."""
    if not request.user.has_perm("appeals.make_link"):
        return SafeString()
    usable = EnterpriseLink.objects.filter(enterprise=enterprise).usable(timezone.now())
    found = usable.aggregate(valid=Count("pk"), last=Max("last_opened_at"))
    return render_to_string("appeals/_links_of_enterprise.html", {"enterprise": enterprise, **found}, request)
