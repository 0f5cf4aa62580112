"""The items of a policy: new ones, and changes that their open rows follow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from cadres import changes
from cadres.http import CadreRequest, posted
from cadres.locking import locked_or_404
from cadres.rights import require
from policies.editing import save_item
from policies.forms import ItemForm
from policies.models import Item
from policies.views.library import NOT_FOR_YOU, require_edit, visible

if TYPE_CHECKING:
    from django.http import HttpResponse


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: CadreRequest, pk: int) -> HttpResponse:
    policy = visible(request, pk)
    require_edit(request.user, policy)
    form = ItemForm(posted(request), policy=policy)
    if request.method == "POST" and form.is_valid():
        item = save_item(form)
        messages.success(request, f"已新增事项“{item}”。")
        return redirect(policy)
    context = {"title": "新增事项", "form": form, "policy": policy}
    return render(request, "policies/item_form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@transaction.atomic
def edit(request: CadreRequest, pk: int) -> HttpResponse:
    require(request.user, "policies.view_policy", NOT_FOR_YOU)
    scope = Item.objects.visible_to(request.user).select_related("policy__region")
    item = locked_or_404(scope, pk) if request.method == "POST" else get_object_or_404(scope, pk=pk)
    require_edit(request.user, item.policy)
    form = ItemForm(posted(request), instance=item, policy=item.policy)
    if request.method == "POST" and form.is_valid():
        save_item(form)
        messages.success(request, f"已保存事项“{item}”。")
        return redirect(item.policy)
    context = {"title": "编辑事项", "form": form, "policy": item.policy, "changes": changes.of_row(item)}
    return render(request, "policies/item_form.html", context, status=422 if form.errors else 200)
