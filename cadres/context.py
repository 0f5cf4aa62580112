"""What every page's frame shows: `shell` in templates."""

from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject, cached_property

from cadres import menu
from cadres.models import Cadre, Message, Region

PRODUCT: Final = "驻企通"
UNREAD_SHOWN: Final = 99
SEARCHED: Final = "enterprises:list"


class Shell:
    """The frame of one page. Everything is looked up when a template first asks, so fragments cost nothing."""

    product = PRODUCT

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.now = timezone.now()

    @cached_property
    def cadre(self) -> Cadre | None:
        user = getattr(self.request, "user", None)
        return user if isinstance(user, Cadre) else None

    @cached_property
    def city(self) -> str:
        """The name of the tree's root; "" before regions are imported."""
        roots = Region.objects.filter(parent=None).order_by("code")
        return roots.values_list("name", flat=True).first() or ""

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
        return menu.items_for(self.cadre, current=match.view_name if match else "", path=self.request.path)

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

    @cached_property
    def unread(self) -> int:
        """Unread messages, counted to one more than is shown."""
        if self.cadre is None:
            return 0
        return Message.objects.visible_to(self.cadre).unread()[: UNREAD_SHOWN + 1].count()

    @property
    def unread_text(self) -> str:
        return f"{UNREAD_SHOWN}+" if self.unread > UNREAD_SHOWN else str(self.unread)


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor."""
    return {"shell": SimpleLazyObject(lambda: Shell(request))}
