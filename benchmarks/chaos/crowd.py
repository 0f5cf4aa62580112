"""Who is at work during a run: officials, guests of signed links, and time, which passes faster for a few cases."""

from __future__ import annotations

import contextlib
import time
from random import Random
from typing import TYPE_CHECKING, Final

import psycopg2

from benchmarks.chaos import acts
from benchmarks.chaos.browser import Browser
from benchmarks.chaos.city import DIGITS, PASSWORD
from benchmarks.chaos.load import NotNowError, Person

if TYPE_CHECKING:
    from benchmarks.chaos.browser import Scissors
    from benchmarks.chaos.city import City
    from benchmarks.chaos.journal import Journal
    from benchmarks.chaos.stage import Stage

AT_WORK: Final = 10  # acknowledgements
WARMING_SECONDS: Final = 300

# A few cases at a time become late enough for the next rungs of the ladder, or for 视为签收.
AGE: Final = """
    UPDATE appeals_appeal
    SET status_since = status_since - interval '5 days', escalates_at = now(),
        sign_due_at = sign_due_at - interval '5 days', auto_sign_at = auto_sign_at - interval '5 days',
        due_at = due_at - interval '5 days', yellow_at = yellow_at - interval '5 days'
    WHERE id IN (
        SELECT id FROM appeals_appeal WHERE escalates_at IS NOT NULL ORDER BY random() LIMIT 3
        FOR NO KEY UPDATE SKIP LOCKED
    )
"""


def gather(city: City, stage: Stage, journal: Journal, scissors: Scissors, *, seed: int) -> list[Person]:
    """Everybody, at work."""

    def person(name: str) -> Person:
        return Person(name, PASSWORD, Browser(stage.port, scissors), journal, Random(f"{name} {seed}"))

    people = []
    for role, usernames in city.people.items():
        for username in usernames:
            people.append(person(username))
            people[-1].acts = acts.of_role(role, username, city)
    guest, clock = person("guest"), person("clock")
    guest.acts = [(1, acts.confirm_by_link(token, DIGITS)) for token in city.tokens]
    clock.acts = [(1, acts.read("/healthz")), (2, _aging(stage.environment["DATABASE_URL"]))]
    people += [guest, clock]
    for each in people:
        each.start()
    return people


def wait_until_at_work(journal: Journal) -> bool:
    """Before the first fault a good deal was sent and acknowledged; False where nobody comes to it."""
    give_up_at = time.monotonic() + WARMING_SECONDS
    while sum(request.is_acknowledged for request in list(journal.requests.values())) < AT_WORK:
        if time.monotonic() > give_up_at:
            return False
        time.sleep(1)
    return True


def send_home(people: list[Person]) -> list[str]:
    """Let everybody finish what they sent; who can't."""
    for person in people:
        person.stop()
    return [person.username for person in people if not person.join()]


def _aging(database: str) -> acts.Act:
    def act(person: Person) -> None:
        try:
            opened = contextlib.closing(psycopg2.connect(database, connect_timeout=2))
            with opened as connection, connection, connection.cursor() as cursor:
                cursor.execute(AGE)
        except psycopg2.Error as error:
            raise NotNowError from error

    return act
