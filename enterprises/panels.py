"""What higher floors show on an enterprise's page: callables named in settings.ENTERPRISE_PANELS.

Each takes the request and the enterprise, which the reader may see, and answers a panel's HTML, or "" for none.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Protocol, cast

from django.conf import settings
from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

    from cadres.http import CadreRequest
    from enterprises.models import Enterprise


class Panel(Protocol):
    def __call__(self, request: CadreRequest, enterprise: Enterprise) -> SafeString: ...


def panels_for(request: CadreRequest, enterprise: Enterprise) -> list[SafeString]:
    shown = (_panel(name)(request, enterprise) for name in settings.ENTERPRISE_PANELS)
    return [html for html in shown if html]


@cache
def _panel(name: str) -> Panel:
    return cast("Panel", import_string(name))
