from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from appeals.models import Appeal
from cadres.http import CadreRequest


def detail(request: CadreRequest, pk: int) -> HttpResponse:
    appeal = get_object_or_404(Appeal.objects.visible_to(request.user), pk=pk)
    return render(request, "appeals/appeal_detail.html", {"title": appeal.title, "appeal": appeal})
