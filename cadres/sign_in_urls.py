"""Signing in and out. These names have no namespace: settings.LOGIN_URL and Django's own views know them so."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from cadres.acting import own
from cadres.views.sign_in import SignIn, code

urlpatterns = [
    path("login/", SignIn.as_view(), name="login"),
    path("login/code/", code, name="login_code"),
    path("logout/", own(LogoutView.as_view()), name="logout"),
]
