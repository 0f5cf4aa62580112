"""What every page's frame shows: `shell` in templates."""

from datetime import date
from functools import lru_cache
from typing import Any, Final

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject, cached_property

from cadres import acting, menu
from cadres.counting import Count, Question
from cadres.models import Cadre, Deputyship, Message, Region, Scope
from cadres.roles import ADMINISTRATORS

PRODUCT: Final = "驻企通"
UNREAD_SHOWN: Final = 99
SEARCHED: Final = "enterprises:list"
# Frames whose statement a process keeps, some kilobytes each.
KEPT: Final = 1000
# What the frame asks for beside the counts of the menu, whose keys are the URL names of its entries.
CITY, UNREAD, DEPUTYSHIPS = "city", "unread", "deputyships"
ROOT: Final = Region.objects.filter(parent=None).order_by("code")
COLLEAGUE: Final = JSONObject(pk="pk", name=F("principal__name"))


@lru_cache(KEPT)
def _question(cadre: Cadre, scope: Scope, today: date, counted: tuple[tuple[str, str], ...]) -> Question:
    """What the frame asks for somebody of this scope on this day. Moments in it are told by the one it is asked at."""
    now = timezone.now()
    unread = Message.objects.visible_to(cadre).unread()
    columns: dict[str, Any] = {CITY: Subquery(ROOT.values("name")[:1]), UNREAD: Count(unread, to=UNREAD_SHOWN + 1)}
    if not cadre.person.holds(*ADMINISTRATORS):
        columns[DEPUTYSHIPS] = ArraySubquery(_deputyships(cadre, today).values(data=COLLEAGUE))
    return Question.of(cadre, {**columns, **menu.counts(cadre, counted, now)}, now)


def _deputyships(cadre: Cadre, today: date) -> QuerySet[Deputyship]:
    running = Deputyship.objects.in_force(today).filter(deputy=cadre.person)
    return running.exclude(principal=cadre) if cadre.deputy else running


class Shell:
    """The frame of one page. Everything is looked up when a template first asks, so fragments cost nothing."""

    product = PRODUCT

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.now = timezone.now()

    @cached_property
    def cadre(self) -> Cadre | None:
        """As whom somebody works: whose roles the menu follows, on pages of one's own account, too."""
        return acting.capacity(self.request)

    @property
    def person(self) -> Cadre | None:
        """Who is signed in."""
        return self.cadre and self.cadre.person

    @property
    def drafts_of(self) -> str:
        """Whose drafts a browser keeps apart: a person's own, and those of a person for a principal."""
        return "-".join(str(pk) for pk in reversed(self.cadre.persons)) if self.cadre else ""

    @cached_property
    def _frame(self) -> dict[str, Any]:
        """Everything that the frame asks the database for, in one statement."""
        if self.cadre is None:
            return {CITY: ROOT.values_list("name", flat=True).first()}
        today = timezone.localdate(self.now)
        return _question(self.cadre, self.cadre.scope, today, menu.counting(self.cadre)).ask(self.now)

    @property
    def deputyships(self) -> list[dict[str, Any]]:
        """By which one may act for a colleague today, but for the one by which one does: `pk`, and the `name`."""
        found: list[dict[str, Any]] = self._frame.get(DEPUTYSHIPS, [])
        return found

    @property
    def city(self) -> str:
        """The name of the tree's root; "" before regions are imported."""
        return self._frame[CITY] or ""

    @property
    def idle_seconds(self) -> int:
        return settings.IDLE_SECONDS

    @property
    def title(self) -> str:
        return f"{self.city}{self.product}"

    @cached_property
    def _items(self) -> list[menu.Item]:
        if self.cadre is None:
            return []
        match = self.request.resolver_match
        current = match.view_name if match else ""
        return menu.items_for(self.cadre, self._frame, current=current, path=self.request.path)

    @property
    def sections(self) -> list[menu.Section]:
        return menu.sections(self._items)

    @cached_property
    def tabs(self) -> list[menu.Item]:
        return menu.tabs(self._items)

    @property
    def search_url(self) -> str:
        """Where the search box in the top bar leads; "" for those who may not search."""
        return next((item.url for item in self._items if item.entry.url_name == SEARCHED), "")

    @property
    def unread(self) -> int:
        """Unread messages, counted to one more than is shown."""
        found: int = self._frame.get(UNREAD, 0)
        return found

    @property
    def unread_text(self) -> str:
        return f"{UNREAD_SHOWN}+" if self.unread > UNREAD_SHOWN else str(self.unread)


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor."""
    return {"shell": SimpleLazyObject(lambda: Shell(request))}
