"""The watermark: each cadre's own style sheet, so that no page needs an inline style."""

from datetime import datetime
from typing import Final
from urllib.parse import quote
from xml.sax.saxutils import escape

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_cookie

from cadres.acting import own
from cadres.http import CadreRequest
from cadres.models import Cadre
from cadres.safety.gate import Debt, opens

# Two marks to a tile of 400 × 300, tilted, so faint that the contrast of text stays what it is.
TILE: Final = """<svg xmlns="http://www.w3.org/2000/svg" width="400" height="300">\
<g fill="#102649" fill-opacity=".05" font-size="15" text-anchor="middle" font-family="sans-serif">\
<g transform="translate(100 80) rotate(-22)"><text>{first}</text><text y="20">{second}</text></g>\
<g transform="translate(300 230) rotate(-22)"><text>{first}</text><text y="20">{second}</text></g>\
</g></svg>"""


@own
@opens(Debt.SECOND_FACTOR, Debt.PASSWORD)
@require_GET
@vary_on_cookie
@cache_control(private=True, max_age=300)
def stylesheet(request: CadreRequest) -> HttpResponse:
    """Pages ask for it under an address that carries the minute, so a copy never outlives what it says."""
    image = quote(tile(request.user, timezone.localtime()))
    css = f'.watermark{{background-image:url("data:image/svg+xml,{image}")}}\n'
    return HttpResponse(css, content_type="text/css; charset=utf-8")


def tile(cadre: Cadre, now: datetime) -> str:
    """The SVG with name, unit and minute of access; what XML has no place for is left out."""
    unit = cadre.department.name if cadre.department else ""
    first = "".join(letter for letter in f"{cadre.name} {unit}".strip() if letter.isprintable())
    return TILE.format(first=escape(first), second=f"{now:%Y-%m-%d %H:%M}")
