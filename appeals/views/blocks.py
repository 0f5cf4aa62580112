"""One click from a blocked row of the policy ledger to its appeal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from appeals import raising
from appeals.views.registering import NOT_FOR_YOU
from cadres.rights import require
from policies.models import Fulfilment
from workflow.steps import IllegalStepError

if TYPE_CHECKING:
    from django.http import HttpResponse

    from cadres.http import CadreRequest


@require_POST
def raise_appeal(request: CadreRequest, pk: int) -> HttpResponse:
    """Submit the appeal, or go to the one that is open already."""
    require(request.user, "appeals.submit_appeal", NOT_FOR_YOU)
    scope = Fulfilment.objects.visible_to(request.user)
    row = get_object_or_404(scope.select_related("enterprise__region", "item__policy"), pk=pk)
    now = timezone.now()
    try:
        appeal = raising.raise_appeal(row, by=request.user, now=now)
    except IllegalStepError as refusal:
        messages.warning(request, str(refusal))
        return redirect(row)
    is_new = appeal.created_at == now
    messages.success(request, f"已登记诉求 {appeal.number}" if is_new else f"已有诉求 {appeal.number} 正在办理")
    return redirect(appeal)
