"""What other pages show of fulfilments; named in settings.ENTERPRISE_PANELS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db.models import Case, F, IntegerField, Value, When
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import mark_safe

from policies.models import Fulfilment
from policies.workflow import OPEN

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

    from cadres.http import CadreRequest
    from enterprises.models import Enterprise

SHOWN: Final = 5


def of_enterprise(request: CadreRequest, enterprise: Enterprise) -> SafeString:
    """The enterprise's rows of the ledger that the reader may see: open ones first, by their last day."""
    if not request.user.has_perm("policies.view_fulfilment"):
        return mark_safe("")
    ended = Case(When(status__in=sorted(OPEN), then=Value(0)), default=Value(1), output_field=IntegerField())
    visible = Fulfilment.objects.visible_to(request.user).filter(enterprise=enterprise).select_related("item")
    rows = list(visible.order_by(ended, F("closes_on").asc(nulls_last=True), "-pk")[: SHOWN + 1])
    today = timezone.localdate()
    for row in rows:
        row.light = row.window_light(today)  # type: ignore[attr-defined]
    context = {
        "enterprise": enterprise,
        "rows": rows[:SHOWN],
        "has_more": len(rows) > SHOWN,
        "may_add": request.user.has_perm("policies.add_fulfilment"),
    }
    return render_to_string("policies/_of_enterprise.html", context, request)
