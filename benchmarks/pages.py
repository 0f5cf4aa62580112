"""Pages over HTTP, as people ask for them: one client, then four at once, the bare page among the others."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import quote
from uuid import uuid4

from django.conf import settings
from django.db import connection
from django.utils import timezone

from appeals.models import Appeal, Category
from benchmarks.measuring import middle, slowest_twentieth
from benchmarks.results import Finding
from benchmarks.web import REDIRECTED, Client, serving
from cadres.models import Cadre, Region
from enterprises.models import Enterprise
from policies.models import Policy
from reports.indicators import keep_days, keep_moments

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.web import Answer

BARE: Final = "bare"
WARM_UP: Final = 3
EVERY_SECONDS: Final = 60


class Reach(NamedTuple):
    """At most so many statements, milliseconds of SQL, and times the bare page; None where nothing is asked."""

    statements: int | None = None
    sql: float | None = None
    ratio: float | None = None

    def words(self) -> str:
        parts = (
            f"≤ {self.statements} statements" if self.statements is not None else "",
            f"≤ {self.sql:.0f} ms SQL" if self.sql is not None else "",
            f"≤ {self.ratio:.0f} × bare" if self.ratio is not None else "",
        )
        return ", ".join(filter(None, parts))

    def is_met(self, statements: float, sql: float, ratio: float) -> bool | None:
        pairs = ((statements, self.statements), (sql, self.sql), (ratio, self.ratio))
        asked = [value <= most for value, most in pairs if most is not None]
        return all(asked) if asked else None


LIST: Final = Reach(15, 60, 15)
SEARCH: Final = Reach(15, 100, 15)
DETAIL: Final = Reach(15)
BENCH: Final = Reach(12)
CREATE: Final = Reach(25)


@dataclass(frozen=True)
class Page:
    name: str
    username: str
    path: str
    reach: Reach = LIST
    logs_a_visit: bool = False

    def ask(self, client: Client, enterprise: int, category: int) -> Answer:
        if not self.logs_a_visit:
            return client.get(self.path)
        return client.post(self.path, visit_form(enterprise, category))


def measure(rounds: int, clients: Sequence[int] = (1, 4)) -> list[Finding]:
    with keeping(), serving() as address:
        return [finding for count in clients for finding in measure_at(address, product_pages(), count, rounds)]


@contextmanager
def keeping() -> Iterator[None]:
    """What pages show of the whole city is counted meanwhile, as the worker does every minute."""
    done = Event()

    def count() -> None:
        now = timezone.now()
        keep_days(now)
        keep_moments(now)

    def go_on() -> None:
        begun = monotonic()
        while not done.wait(max(0.0, begun + EVERY_SECONDS - monotonic())):
            begun = monotonic()
            count()
        connection.close()

    count()
    worker = Thread(target=go_on)
    worker.start()
    try:
        yield
    finally:
        done.set()
        worker.join()


def measure_probes(rounds: int) -> list[Finding]:
    """What load balancers ask."""
    pages = [Page(BARE, "office", "/bare/", Reach()), *(Page(path, "office", path, Reach()) for path in PROBES)]
    with serving() as address:
        return measure_at(address, pages, 1, rounds)


PROBES: Final = ("/healthz", "/readyz")


def product_pages() -> list[Page]:
    """The pages of every day, with what there is to see in the database."""
    enterprise = Enterprise.objects.visible_to(Cadre.objects.get(username="specialist")).latest("pk")
    appeal = Appeal.objects.exclude(number=None).order_by("-level", "-pk")[0]
    district = Region.objects.districts()[0].code
    policy = Policy.objects.latest("pk").pk
    name, initials, group = quote(enterprise.name[2:4]), enterprise.initials[:4], quote("物流")
    return [
        Page(BARE, "office", "/bare/", Reach()),
        *(Page(f"workbench of {who}", who, "/", BENCH) for who in ("specialist", "handler", "office", "supervisor")),
        Page("workbench of leader", "leader", "/", BENCH),
        Page("enterprises", "office", "/enterprises/"),
        Page("enterprises of a district, in a group", "office", f"/enterprises/?region={district}&group={group}"),
        Page("enterprises by two characters", "office", f"/enterprises/?q={name}", SEARCH),
        Page("enterprises by initials", "office", f"/enterprises/?q={initials}", SEARCH),
        Page("enterprises by code", "office", f"/enterprises/?q={enterprise.credit_code}", SEARCH),
        Page("enterprises of a specialist", "specialist", "/enterprises/"),
        Page("an enterprise", "office", f"/enterprises/{enterprise.pk}/", DETAIL),
        Page("appeals", "office", "/appeals/"),
        Page("appeals that are overdue in a district", "office", f"/appeals/?region={district}&light=red"),
        Page("appeals by two characters", "office", f"/appeals/?q={quote('返岗')}", SEARCH),
        Page("appeals by an enterprise's name", "office", f"/appeals/?q={name}", SEARCH),
        Page("appeals by number", "office", f"/appeals/?q={appeal.number}", SEARCH),
        Page("appeals of a department", "handler", "/appeals/"),
        Page("an appeal", "office", f"/appeals/{appeal.pk}/", DETAIL),
        Page("the supervisors' queue", "supervisor", "/appeals/escalations/"),
        Page("visits", "office", "/visits/"),
        Page("assignments", "office", "/assignments/"),
        Page("fulfilments", "office", "/fulfilments/"),
        Page("a policy", "office", f"/policies/{policy}/", DETAIL),
        Page("dashboard", "leader", "/dashboard/", BENCH),
        Page("inbox", "office", "/inbox/"),
        Page("a visit with two appeals is logged", "specialist", "/visits/new/", CREATE, logs_a_visit=True),
    ]


def measure_at(address: str, pages: Sequence[Page], clients: int, rounds: int) -> list[Finding]:
    """Every client asks for all pages in an order of its own, round after round."""
    cookies = _sign_in(address, {page.username for page in pages})
    specialist = Cadre.objects.filter(username="specialist").first()
    enterprise = Enterprise.objects.visible_to(specialist).latest("pk").pk if specialist else 0
    category = Category.objects.order_by("position").values_list("pk", flat=True)[0]

    def work(number: int) -> list[tuple[str, Answer]]:
        order, found = random.Random(number), []
        browsers = {username: _browser(address, *signed_in) for username, signed_in in cookies.items()}
        for turn in range(WARM_UP + rounds):
            for page in order.sample(pages, len(pages)):
                answer = page.ask(browsers[page.username], enterprise, category)
                _check(page, answer)
                if turn >= WARM_UP:
                    found.append((page.name, answer))
        return found

    with ThreadPoolExecutor(clients) as pool:
        answers = [pair for found in pool.map(work, range(clients)) for pair in found]
    return _findings(pages, answers, clients)


def visit_form(enterprise: int, category: int) -> dict[str, str]:
    """What a phone sends: the visit, today's status, and two appeals."""
    sent: dict[str, Any] = {
        "client_id": uuid4(),
        "begun_at": timezone.now().isoformat(),
        "enterprise": enterprise,
        "manner": "on_site",
        "visited_on": timezone.localdate(),
        "receiver_name": "李红梅",
        "receiver_title": "厂长",
        "summary": "车间正常生产",
        "state": "partial",
        "due": 146,
        "on_duty": 131,
        "utilisation": "55.5",
        "appeals-TOTAL_FORMS": 2,
        "appeals-INITIAL_FORMS": 0,
    }
    for number in range(2):
        appeal = {
            "title": f"冷库用电负荷不足（{number + 1}）",
            "category": category,
            "urgency": "ordinary",
            "nature": "difficulty",
            "description": "冷库扩容后用电负荷不足，望尽快增容。",
        }
        sent |= {f"appeals-{number}-{name}": value for name, value in appeal.items()}
    return {name: str(value) for name, value in sent.items()}


def _sign_in(address: str, usernames: set[str]) -> dict[str, tuple[dict[str, str], str]]:
    """Cookies and form token of everybody; a session serves many connections."""
    found = {}
    for username in sorted(usernames):
        client = Client(address)
        client.sign_in(username, settings.DEMO_PASSWORD)
        client.get("/visits/new/")
        found[username] = (client.cookies, client.token)
    return found


def _browser(address: str, cookies: dict[str, str], token: str) -> Client:
    client = Client(address)
    client.cookies, client.token = dict(cookies), token
    return client


def _check(page: Page, answer: Answer) -> None:
    as_meant = answer.status in REDIRECTED if page.logs_a_visit else answer.status == 200 or page.path in PROBES
    if not as_meant:
        raise RuntimeError(f"{page.name}: {answer.status}")


def _findings(pages: Sequence[Page], answers: list[tuple[str, Answer]], clients: int) -> list[Finding]:
    of_page: dict[str, list[Answer]] = {page.name: [] for page in pages}
    for name, answer in answers:
        of_page[name].append(answer)
    floor = middle([answer.seconds for answer in of_page[BARE]])
    found = []
    for page in pages:
        mine = of_page[page.name]
        times = [answer.seconds * 1000 for answer in mine]
        statements = middle([answer.statements for answer in mine])
        sql = middle([answer.sql_seconds * 1000 for answer in mine])
        ratio = middle(times) / 1000 / floor
        found.append(
            Finding(
                f"{page.name}, {clients} client{'s' if clients > 1 else ''}",
                middle(times),
                slowest_twentieth(times),
                statements,
                sql,
                ratio=ratio,
                reach=page.reach.words(),
                # Of four at once on a few cores, most of a statement's time is waiting for a core.
                met=page.reach.is_met(statements, sql if clients == 1 else 0, ratio),
            )
        )
    return found
