"""What the measured web process has beside the product: a bare page, and the statements of every answer in headers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import connection
from django.http import HttpResponse

from appeals.models import Appeal
from benchmarks.measuring import Statements

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

COUNT: Final = "X-Statements"
MILLISECONDS: Final = "X-Statements-Milliseconds"
ROWS: Final = 50


def tell_statements(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    def middleware(request: HttpRequest) -> HttpResponse:
        asked = Statements()
        with connection.execute_wrapper(asked):
            answer = get_response(request)
        answer[COUNT], answer[MILLISECONDS] = str(asked.count), f"{asked.seconds * 1000:.2f}"
        return answer

    return middleware


def bare(request: HttpRequest) -> HttpResponse:
    """A page for whoever is signed in: fifty rows by an index, one line of text each."""
    rows = Appeal.objects.order_by("-pk").values_list("number", "title")[:ROWS]
    return HttpResponse("".join(f"<p>{number} {title}</p>" for number, title in rows))
