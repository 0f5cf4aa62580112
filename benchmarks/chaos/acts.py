"""What people do, officials by role and enterprises by their link: each reads pages, fills in a form and sends it."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from benchmarks.chaos.browser import form_with, forms_of, links
from benchmarks.chaos.journal import Outcome
from benchmarks.chaos.load import NotNowError, Person, new_mark
from cadres.roles import Role
from tests import uploads
from tests.e2e.city import credit_code

if TYPE_CHECKING:
    from benchmarks.chaos.browser import Form, Values
    from benchmarks.chaos.city import City
    from benchmarks.chaos.journal import Request

Act = Callable[[Person], "Request | None"]

CASE: Final = r"/appeals/(\d+)/[^\"]*"
LISTS: Final = {"appeals": "/appeals/", "visits": "/visits/", "supervision": "/appeals/orders/"}
ROWS_IMPORTED: Final = 4
IMPORT_LOOKS: Final = 20
MOST_AT_ONCE: Final = 5


def of_role(role: Role, username: str, city: City) -> list[tuple[int, Act]]:
    """What somebody of this role does, each with its weight."""
    return {
        Role.SPECIALIST: lambda: [
            (4, log_visit(city.enterprises[username])),
            (2, register(city.enterprises[username])),
            (2, comment),
            (4, step("confirm", "confirming")),
            (1, export("appeals")),
            (1, export("visits")),
        ],
        Role.OFFICE: lambda: [
            (6, step("assign", "pending")),
            (4, step("close", "closing")),
            (2, bulletin),
            (1, take_in),
            (1, export("appeals")),
            (1, comment),
        ],
        Role.HANDLER: lambda: [
            (5, step("sign", "assigned")),
            (2, step("progress", "handling")),
            (5, step("reply", "handling")),
            (1, comment),
            (1, answer_order),
        ],
        Role.HEAD: lambda: [(5, step("approve", "reviewing")), (1, answer_order), (1, read("/"))],
        Role.SUPERVISOR: lambda: [
            (1, step("urge", "handling")),
            (2, urge_many),
            (1, reassign_many),
            (2, issue_order),
            (2, accept_order),
            (1, read("/appeals/escalations/")),
            (1, export("supervision")),
        ],
        Role.SYSADMIN: lambda: [(1, edit_ladder), (3, read("/admin/ladder/"))],
        Role.LEADER: lambda: [(2, read("/dashboard/")), (1, read("/")), (1, read("/reports/")), (1, read("/inbox/"))],
    }[role]()


def read(path: str) -> Act:
    def act(person: Person) -> None:
        person.page(path)

    return act


def log_visit(enterprises: list[int]) -> Act:
    """A visit with the day's status, and up to two appeals."""

    def act(person: Person) -> Request:
        page = person.page(f"/visits/new/?enterprise={person.pick(enterprises)}")
        form = _form(page, "client_id", "receiver_name")
        titles = [f"走访诉求{uuid4().hex[:12]}" for _ in range(person.random.randint(0, 2))]
        values: Values = {name: value for name, value in form.values.items() if "__prefix__" not in name}
        values |= {"state": "partial", "due": "100", "on_duty": str(person.random.randint(0, 100))}
        values |= {"receiver_name": "李红梅", "summary": "车间正常生产", "appeals-TOTAL_FORMS": str(len(titles))}
        for number, title in enumerate(titles):
            values |= {f"appeals-{number}-{name}": value for name, value in _appeal(person, form, title).items()}
        mark = str(values["client_id"])
        return person.send("visit", "/visits/new/", values, mark=mark, leads_to=r"/visits/\d+/", titles=titles)

    return act


def _appeal(person: Person, form: Form, title: str) -> dict[str, str]:
    category = person.choose(form, "appeals-__prefix__-category")
    description = "冷库扩容后用电负荷不足，望尽快增容。"
    return {
        "title": title,
        "category": category,
        "urgency": "ordinary",
        "nature": "difficulty",
        "description": description,
    }


def register(enterprises: list[int]) -> Act:
    def act(person: Person) -> Request:
        path = f"/appeals/new/?enterprise={person.pick(enterprises)}"
        form = _form(person.page(path), "client_id", "title", "category")
        values = form.values | {"title": "职工返岗车票难", "category": person.choose(form, "category")}
        values["description"] = "外省46名钻修技工没有直达班车，无法按时返岗。"
        return person.send("appeal", path, values, mark=str(values["client_id"]), leads_to=r"/appeals/\d+/")

    return act


def comment(person: Person) -> Request:
    """Something said about a case, with a picture."""
    case = _case(person, "open")
    form = _form(person.page(f"/appeals/{case}/"), "client_id", "text")
    mark, colour = new_mark(), f"#{person.random.randrange(1 << 24):06x}"
    path, values = f"/appeals/{case}/comments/", form.values | {"text": mark}
    files = {"uploads": ("现场.jpg", uploads.jpeg(colour=colour))}
    return person.send("comment", path, values, mark=mark, says="已留言", files=files)


def step(name: str, status: str) -> Act:
    def act(person: Person) -> Request:
        case = _case(person, status)
        path = f"/appeals/{case}/steps/{name}/"
        page = person.page(path)
        form = next((one for one in forms_of(page) if one.action in ("", path) and "version" in one.values), None)
        form = form or form_with(page, "note")
        if form is None:
            raise NotNowError
        mark = new_mark()
        return person.send(
            name, path, _filled(person, form, mark), mark=mark, leads_to=r"/appeals/(\d+/)?", appeal=int(case)
        )

    return act


def _filled(person: Person, form: Form, mark: str) -> Values:
    """The form of a step with everything that it asks for; what is said holds the mark."""
    said = {name: mark for name in ("note", "reply") if name in form.values}
    wanted = {"lead", "outcome", "rating", "confirmed_how"} & {*form.choices}
    chosen = {name: person.choose(form, name) for name in sorted(wanted)}
    asked = {*form.values, *form.choices}
    known = {"solved": "yes", "confirmed_by": "李红梅 厂长", "triage": "single"}
    return form.values | said | chosen | {name: value for name, value in known.items() if name in asked}


def urge_many(person: Person) -> Request:
    path, form = _many(person, "urge")
    mark = new_mark()
    return person.send("urge many", path, form.values | {"note": mark}, mark=mark, says=r"已催办 [1-9]\d* 件")


def reassign_many(person: Person) -> Request:
    path, form = _many(person, "reassign")
    mark = new_mark()
    values = form.values | {"note": mark, "lead": person.choose(form, "lead")}
    return person.send("reassign many", path, values, mark=mark, says=r"已改派 [1-9]\d* 件")


def _many(person: Person, name: str) -> tuple[str, Form]:
    """The form for a few cases of the queue."""
    queue = "/appeals/escalations/"
    cases = re.findall(r'name="pk"\s+value="(\d+)"', person.page(queue))
    chosen = person.random.sample(cases, min(len(cases), MOST_AT_ONCE))
    path = f"{queue}{name}/"
    return path, _form(person.ask(path, {"pk": chosen, "back": ""}), "picked", "note")


def edit_ladder(person: Person) -> Request:
    """Move a rung a little, upon which all open cases are looked at again."""
    key = person.pick(links(person.page("/admin/ladder/"), r"/admin/ladder/(\d+)/"))
    path = f"/admin/ladder/{key}/"
    form = _form(person.page(path), "version", "amount")
    values = form.values | {"amount": str(person.random.randint(1, 9)), "confirmed": "1"}
    return person.send("edit ladder", path, values, mark=key, says="正在后台重算")


def issue_order(person: Person) -> Request:
    case = _case(person, "handling")
    path = f"/appeals/{case}/orders/new/"
    form = _form(person.page(path), "client_id", "demand")
    values = form.values | {"colour": person.choose(form, "colour"), "demand": "请于时限内办结并反馈。"}
    return person.send("order", path, values, mark=str(values["client_id"]), leads_to=r"/appeals/orders/\d+/")


def answer_order(person: Person) -> Request:
    return _order_step(person, "answer", "reply")


def accept_order(person: Person) -> Request:
    return _order_step(person, "accept", "note")


def _order_step(person: Person, name: str, field: str) -> Request:
    order = person.pick(links(person.page("/appeals/orders/?status=waiting"), r"/appeals/orders/(\d+)/[^\"]*"))
    path, mark = f"/appeals/orders/{order}/{name}/", new_mark()
    form = _form(person.page(path), "version", field)
    values = form.values | {field: mark}
    return person.send(f"order {name}", path, values, mark=mark, leads_to=r"/appeals/orders/\d+/", order=int(order))


def export(kind: str) -> Act:
    def act(person: Person) -> Request:
        person.page(LISTS[kind])
        path = f"/ledgers/new/{kind}/"
        return person.send("ledger", path, {"filter": ""}, mark=kind, leads_to=r"/ledgers/\d+/")

    return act


def take_in(person: Person) -> Request:
    """Upload a table of enterprises, wait for the check, confirm."""
    mark = new_mark()[:14]
    upload = person.send(
        "upload",
        "/imports/new/",
        {"kind": "enterprises"},
        mark=mark,
        leads_to=r"/imports/\d+/",
        files={"file": (f"{mark}.csv", _table(person, mark))},
    )
    if not upload.is_acknowledged:
        raise NotNowError
    path = upload.facts["address"]
    for _ in range(IMPORT_LOOKS):
        if f"{path}confirm/" in person.page(path):
            return person.send("import", f"{path}confirm/", {}, mark=mark, says="已确认，正在写入", job=path)
        time.sleep(1)
    raise NotNowError


def _table(person: Person, mark: str) -> bytes:
    first = person.random.randrange(10**7 - ROWS_IMPORTED)
    numbers = range(first, first + ROWS_IMPORTED)
    rows = [f"{mark}第{number}厂,{credit_code(number)},企业,990102000000" for number in numbers]
    return "\n".join(["企业名称,统一社会信用代码,主体类型,区域代码", *rows]).encode("utf-8-sig")


def bulletin(person: Person) -> Request | None:
    """Whatever comes next in the life of a bulletin, and a copy of what is signed."""
    key = person.pick(links(person.page("/briefings/"), r"/briefings/(\d+)/[^\"]*"))
    path = f"/briefings/{key}/"
    page = person.page(path)
    if f"{path}sign/" in page:
        if person.random.random() < 0.3:
            return person.send("refetch", f"{path}refetch/", {}, mark=key, says="已重新取数")
        form = _form(person.page(f"{path}sign/"), "seen_at")
        return person.send("sign bulletin", f"{path}sign/", form.values, mark=key, says="已签发")
    _copy(person, key)
    if f"{path}issue/" in page and person.random.random() < 0.5:
        return person.send("issue bulletin", f"{path}issue/", {}, mark=key, says="已印发给")
    if f"{path}correct/" not in page:
        return None
    form = _form(person.page(f"{path}correct/"), "what", "approved_by")
    mark = new_mark()
    values = form.values | {"what": mark, "asked_by": "市统计局", "approved_by": person.choose(form, "approved_by")}
    return person.send("correction", f"{path}correct/", values, mark=mark, leads_to=r"/briefings/\d+/")


def _copy(person: Person, key: str) -> None:
    """Take the workbook of a signed bulletin and note its digest: it must never be another one."""
    content = person.download(f"/briefings/{key}/workbook/")
    digest = hashlib.sha256(content).hexdigest()
    request = person.journal.begin("copy of bulletin", person.username, key, sha256=digest)
    person.journal.end(request, Outcome.STORED, 200)


def confirm_by_link(token: str, digits: str) -> Act:
    """The enterprise says what it thinks of an answer."""

    def act(person: Person) -> Request:
        home = f"/e/{token}/"
        page = person.page(home)
        if form_with(page, "digits"):
            person.ask(home, {"digits": digits}, follow=True)
            page = person.page(home)
        case = person.pick(links(page, rf"/e/{token}/appeals/(\d+)/"))
        path, mark = f"{home}appeals/{case}/", new_mark()
        form = next((one for one in forms_of(person.page(path)) if one.values.get("act") == "confirm"), None)
        if form is None:
            raise NotNowError
        values = form.values | {"act": "confirm", "solved": "yes", "rating": "satisfied", "note": mark}
        return person.send("link confirm", path, values, mark=mark, leads_to=re.escape(path), appeal=int(case))

    return act


def _case(person: Person, status: str) -> str:
    case: str = person.pick(links(person.page(f"/appeals/?status={status}"), CASE))
    return case


def _form(page: str, *names: str) -> Form:
    form = form_with(page, *names)
    if form is None:
        raise NotNowError
    return form
