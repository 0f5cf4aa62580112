"""Signing in: username and password, then the second factor where it is switched on."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpResponse
from django.shortcuts import redirect, render

from cadres.acting import own
from cadres.http import CadreRequest, onward, posted
from cadres.safety import second_factor
from cadres.safety.forms import CodeForm
from cadres.safety.gate import Debt, opens


class SignInForm(AuthenticationForm):
    error_messages = {  # noqa: RUF012 -- Django declares it so
        "invalid_login": "用户名或密码不对，请检查后重新输入。",
        "inactive": "这个账号已停用，请联系本单位系统管理员。",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, blank in (("username", "请输入用户名"), ("password", "请输入密码")):
            bound: forms.Field = self.fields[name]
            bound.error_messages["required"] = blank
        if self.is_bound:
            # The box with the refusal takes the focus.
            self.fields["username"].widget.attrs.pop("autofocus", None)


class SignIn(LoginView):
    """Where everybody begins. Somebody who is signed in already goes on to the workbench."""

    template_name = "cadres/login.html"
    form_class = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        answer = super().form_valid(form)
        if second_factor.is_on(form.get_user()):
            self.request.session[second_factor.AWAITED] = True
        return answer


@own
@opens(Debt.CODE)
def code(request: CadreRequest) -> HttpResponse:
    """Ask for the second factor; until it is given, no other page opens."""
    form = CodeForm(posted(request))
    if form.is_valid() and form.accepted_for(request):
        return redirect(onward(request))
    context = {"title": "验证码", "form": form, "next": onward(request)}
    return render(request, "cadres/login_code.html", context, status=422 if form.errors else 200)
