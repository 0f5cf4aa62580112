"""One's own account: who one is, the password, the second factor, and where one is signed in."""

from typing import ClassVar

from django import forms
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from cadres import audit
from cadres.acting import own
from cadres.http import CadreRequest, onward, posted
from cadres.models import AuditRow, Cadre, SignIn
from cadres.roles import ADMINISTRATORS
from cadres.safety import second_factor, sessions
from cadres.safety.forms import CodeForm, EnrolForm, OwnPasswordForm
from cadres.safety.gate import Debt, opens, passive
from cadres.views.deputies import standing


class ReadingForm(forms.ModelForm[Cadre]):
    """How large one reads: pages come with the larger root size, so it needs no script."""

    class Meta:
        model = Cadre
        fields = ("large_text",)
        labels: ClassVar = {"large_text": "长辈模式：放大全部页面的文字"}


@own
def account(request: CadreRequest) -> HttpResponse:
    cadre = request.user
    is_on = second_factor.is_on(cadre)
    context = {
        "title": "我的账号",
        "facts": [
            ("姓名", cadre.name),
            ("用户名", cadre.username),
            ("单位", cadre.department),
            ("职务", cadre.title),
            ("角色", cadre.roles_display),
            ("手机", cadre.phone),
            ("邮箱", cadre.email),
        ],
        "reading_form": ReadingForm(instance=cadre),
        "is_on": is_on,
        "is_required": second_factor.is_required_of(cadre),
        "codes_left": second_factor.recovery_codes_left(cadre) if is_on else 0,
        "sign_ins": SignIn.objects.visible_to(cadre),
        "current": request.session.session_key,
        "may_have_deputy": bool(cadre.roles) and not cadre.holds(*ADMINISTRATORS),
        "deputyships": standing(cadre, timezone.localdate()),
    }
    return render(request, "cadres/account.html", context)


@own
@require_POST
def reading(request: CadreRequest) -> HttpResponse:
    form = ReadingForm(request.POST, instance=request.user)
    cadre = form.save(commit=False)
    cadre.save(update_fields=("large_text",))
    messages.success(request, "已切换到长辈模式。" if cadre.large_text else "已恢复标准字号。")
    return redirect("cadres:account")


@own
@sensitive_post_parameters()
@opens(Debt.PASSWORD)
def password(request: CadreRequest) -> HttpResponse:
    """Change one's password, which signs out every other browser."""
    form = OwnPasswordForm(request.user, posted(request))
    if form.is_valid():
        form.save()
        with sessions.same_browser(request.session):
            update_session_auth_hash(request, request.user)
        sessions.end_others(request.user, keep=request.session.session_key, request=request)
        audit.record(AuditRow.Action.PASSWORD, cadre=request.user, subject="本人修改", request=request)
        messages.success(request, "密码已修改，其他设备上的登录已退出。")
        return redirect(onward(request))
    context = {
        "title": "修改密码",
        "form": form,
        "is_first": request.user.must_change_password,
        "next": onward(request),
    }
    return render(request, "cadres/password_form.html", context, status=422 if form.errors else 200)


@own
@opens(Debt.SECOND_FACTOR)
def second_factor_page(request: CadreRequest) -> HttpResponse:
    """Switch the second factor on: the QR code, the first code, then the recovery codes, shown this once."""
    if second_factor.is_on(request.user):
        return redirect("cadres:account")
    device = second_factor.being_set_up(request.user)
    form = EnrolForm(posted(request), cadre=request.user)
    if form.is_valid():
        codes = second_factor.switch_on(request.user, form.cleaned_data["code"], request)
        if codes is not None:
            _end_other_sessions(request)
            shown = {"title": "第二因素已启用", "codes": codes, "next": onward(request)}
            return render(request, "cadres/recovery_codes.html", shown)
        form.refuse()
    context = {
        "title": "启用第二因素",
        "form": form,
        "next": onward(request),
        "key": second_factor.letters(device),
        "picture": second_factor.picture(device),
        "is_required": second_factor.is_required_of(request.user),
    }
    return render(request, "cadres/second_factor_form.html", context, status=422 if form.errors else 200)


@own
def switch_off(request: CadreRequest) -> HttpResponse:
    """Switch the second factor off, with a code; not open to those of whom it is required."""
    if second_factor.is_required_of(request.user) or not second_factor.is_on(request.user):
        return redirect("cadres:account")
    form = CodeForm(posted(request))
    if form.is_valid() and form.accepted_for(request):
        second_factor.switch_off(request.user, by=request.user, request=request)
        messages.success(request, "第二因素已停用。")
        _end_other_sessions(request)
        return redirect("cadres:account")
    context = {"title": "停用第二因素", "form": form}
    return render(request, "cadres/second_factor_off.html", context, status=422 if form.errors else 200)


def _end_other_sessions(request: CadreRequest) -> None:
    if sessions.end_others(request.user, keep=request.session.session_key, request=request):
        messages.info(request, "其他设备上的登录已退出。")


@own
@require_POST
def end_session(request: CadreRequest, pk: int) -> HttpResponse:
    sign_in = get_object_or_404(SignIn.objects.visible_to(request.user), pk=pk)
    sessions.end_others(request.user, keep=request.session.session_key, request=request, only=sign_in)
    messages.success(request, f"已退出“{sign_in.device}”上的登录。")
    return redirect("cadres:account")


@own
@require_POST
def end_other_sessions(request: CadreRequest) -> HttpResponse:
    ended = sessions.end_others(request.user, keep=request.session.session_key, request=request)
    messages.success(request, f"已退出其他 {ended} 处登录。" if ended else "没有其他设备登录着。")
    return redirect("cadres:account")


@own
@require_safe
@passive
@opens(*Debt)
def time_left(request: CadreRequest) -> HttpResponse:
    """Seconds until the session ends for idleness; asking does not prolong it."""
    return JsonResponse({"seconds": sessions.seconds_left(request.session, timezone.now())})


@own
@require_POST
@opens(*Debt)
def stay(request: CadreRequest) -> HttpResponse:
    """Prolong the session: somebody is still reading."""
    sessions.note_use(request.session, timezone.now())
    return JsonResponse({"seconds": sessions.seconds_left(request.session, timezone.now())})
