"""The request as views see it: signed in (LoginRequiredMiddleware), with htmx details."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from cadres.models import Cadre


class CadreRequest(HttpRequest):
    user: Cadre
    htmx: HtmxDetails
