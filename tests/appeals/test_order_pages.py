"""The pages of supervision orders: list, order, paper, the forms, the queue and the case that show them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from appeals.bulk import order_all
from appeals.demand_workflow import State
from appeals.models import Appeal, Order, ReplyTerm
from appeals.supervising import acting
from appeals.supervising.acting import ORDERS
from appeals.workflow import Status
from cadres.models import Cadre
from cadres.roles import Role
from tests import factories
from tests.appeals.pages import QUEUE, cost_of, get, signed_in, tab
from tests.appeals.people import People
from tests.uploads import PDF, uploaded

LIST = "/appeals/orders/"


def issued(people: People, colour: str = "blue", appeal: Appeal | None = None) -> Order:
    now = timezone.now()
    return acting.issue(
        appeal or people.at(Status.HANDLING, now), colour, "请报<进展>'=𠮷", by=people.supervisor, now=now
    )


def answer(order: Order, people: People) -> Order:
    return ORDERS.answer(order, "已联系", by=people.handler, now=timezone.now(), version=order.version)


def post(cadre: Cadre, order: Order, act: str, **data: Any) -> Any:
    return signed_in(cadre).post(f"{LIST}{order.pk}/{act}/", {"version": order.version, **data})


def test_the_list_has_tabs_and_filters(people: People) -> None:
    first = issued(people)
    second = answer(issued(people, "red"), people)
    page = get(people.supervisor, LIST)
    assert all(order.number in page for order in (first, second))
    counts = {label: tab(page, label).strip("（）") for label in ("待我办理", "待反馈", "待认可", "已办结")}
    assert counts == {"待我办理": "1", "待反馈": "1", "待认可": "1", "已办结": "0"}
    for query, found in (
        ({"status": "waiting"}, second),
        ({"status": "owed"}, first),
        ({"colour": "red"}, second),
        ({"light": "green"}, first),
        ({"q": first.number}, first),
        ({"from": timezone.localdate().isoformat(), "colour": "blue"}, first),
    ):
        page = get(people.supervisor, LIST, **query)
        assert [order.number in page for order in (first, second)] == [found == first, found == second], query
    assert first.number in get(people.handler, LIST, status="waiting")
    assert "筛选条件" in get(people.supervisor, LIST, nonsense="1")


def test_the_list_costs_the_same_for_two_and_for_twenty(people: People) -> None:
    for _ in range(2):
        issued(people)
    few = cost_of(people.supervisor, LIST)
    for _ in range(18):
        issued(people)
    assert cost_of(people.supervisor, LIST) == few


def test_the_page_shows_the_order_and_offers_what_its_reader_may_do(people: People) -> None:
    order = issued(people)
    page = get(people.handler, f"{LIST}{order.pk}/")
    assert "请报&lt;进展&gt;&#x27;=𠮷" in page
    assert f"{LIST}{order.pk}/answer/" in page
    assert f"{LIST}{order.pk}/revoke/" not in page
    order = answer(order, people)
    page = get(people.supervisor, f"{LIST}{order.pk}/")
    assert all(f"{LIST}{order.pk}/{act}/" in page for act in ("accept", "return", "revoke"))
    assert f"{LIST}{order.pk}/answer/" not in page


def test_the_paper_holds_everything_that_is_signed(people: People) -> None:
    order = answer(issued(people, "red"), people)
    ORDERS.accept(order, "同意", by=people.supervisor, now=timezone.now(), version=order.version)
    page = get(people.leader, f"{LIST}{order.pk}/paper/")
    for words in (
        "督办单（红）",
        order.number,
        order.appeal.number or "",
        "市人社局",
        "请报&lt;进展&gt;",
        "已联系",
        "认可。同意",
        "盖章",
    ):
        assert words in page, words


def test_a_supervisor_issues_from_the_case(people: People) -> None:
    appeal = people.at(Status.HANDLING, timezone.now())
    where = f"/appeals/{appeal.pk}/orders/new/"
    page = get(people.supervisor, where)
    assert f"DB{appeal.region.short_code}{timezone.localdate():%Y%m%d}" in page
    assert "市人社局" in page
    sent = {"client_id": str(uuid4()), "colour": "red", "demand": "请报"}
    client = signed_in(people.supervisor)
    for _ in range(2):
        response = client.post(where, sent)
        assert response.status_code == 302
    order = Order.objects.get()
    assert response["Location"] == order.get_absolute_url()
    case = get(people.specialist, f"/appeals/{appeal.pk}/")
    assert order.number in case
    assert "挂牌督办" in case
    assert f"{LIST}{order.pk}/" not in case  # the specialist can't open it
    assert signed_in(people.specialist).get(order.get_absolute_url()).status_code == 403


def test_a_form_that_is_refused_says_why(people: People) -> None:
    order = issued(people, "yellow")
    where = f"/appeals/{order.appeal_id}/orders/new/"
    client = signed_in(people.supervisor)
    response = client.post(where, {"client_id": str(uuid4()), "colour": "yellow", "demand": "请报"})
    assert response.status_code == 422
    assert f"已有{order}在办" in response.content.decode()
    past = (timezone.localtime() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    response = client.post(where, {"client_id": str(uuid4()), "colour": "red", "demand": "请报", "reply_due_at": past})
    assert "要求反馈时间应在今后 90 天之内" in response.content.decode()
    assert Order.objects.count() == 1


def test_the_date_of_the_form_goes_before_the_table(people: People) -> None:
    appeal = people.at(Status.HANDLING, timezone.now())
    due = (timezone.localtime() + timedelta(days=3)).replace(second=0, microsecond=0)
    sent = {"client_id": str(uuid4()), "colour": "blue", "demand": "请报", "reply_due_at": f"{due:%Y-%m-%dT%H:%M}"}
    assert signed_in(people.supervisor).post(f"/appeals/{appeal.pk}/orders/new/", sent).status_code == 302
    assert Order.objects.get().reply_due_at == due


def test_the_department_answers_with_files_and_the_supervisor_gives_back(people: People) -> None:
    order = issued(people)
    response = post(people.head, order, "answer", reply="已联系三家公司", uploads=[uploaded(PDF, "回函.pdf")])
    assert response.status_code == 302
    order.refresh_from_db()
    assert (order.status, order.replied_by) == (State.ANSWERED, people.head)
    file = order.evidence.get()
    assert file.given_with == "order"
    assert f"/appeals/files/{file.pk}/" in get(people.supervisor, order.get_absolute_url())
    assert post(people.supervisor, order, "return", note="没有时间表").status_code == 302
    order.refresh_from_db()
    assert order.status == State.RETURNED
    assert order.reply_due_at > timezone.now()


def test_who_comes_second_reads_who_was_first_and_keeps_the_words(people: People) -> None:
    order = issued(people)
    answer(order, people)
    response = post(people.head, order, "answer", reply="我也反馈")
    page = response.content.decode()
    assert response.status_code == 422
    assert "赵明已于" in page
    assert "我也反馈" in page
    assert "看最新情况" in page
    assert signed_in(people.head).get(f"{LIST}{order.pk}/answer/").status_code == 302


def test_many_are_ordered_at_once_and_what_can_not_be_is_named(people: People) -> None:
    now = timezone.now()
    cases = [people.at(Status.HANDLING, now) for _ in range(3)]
    standing = issued(people, "red", cases[0])
    client = signed_in(people.supervisor)
    asked = client.post("/appeals/escalations/order/", {"pk": [case.pk for case in cases]})
    assert "确认下达督办单？共 3 件诉求" in asked.content.decode()
    picked = ",".join(f"{case.pk}-{case.version}" for case in cases)
    sent = {"picked": picked, "client_id": str(uuid4()), "colour": "yellow", "demand": "请一周内办结"}
    for _ in range(2):
        page = client.post("/appeals/escalations/order/", sent).content.decode()
        assert "已下达督办单 2 件，1 件未下达督办单" in page
        assert f"已有{standing}在办" in page
    assert Order.objects.filter(colour="yellow").count() == 2
    assert Order.objects.count() == 3


def test_ordering_many_takes_as_many_queries_as_ordering_two(people: People) -> None:
    def cost(count: int) -> int:
        now = timezone.now()
        keys = [people.at(Status.HANDLING, now).pk for _ in range(count)]
        with CaptureQueriesContext(connection) as captured:
            done = order_all(keys, "blue", "请报", by=people.supervisor, now=now, client_id=uuid4())
        assert (done.done, done.refused) == (count, [])
        return len(captured)

    cost(1)  # rights are read once
    assert cost(12) == cost(2)


def test_the_queue_shows_and_filters_orders_and_says_which_comes(people: People) -> None:
    now = timezone.now()
    listed, plain = (people.at(Status.HANDLING, now) for _ in range(2))
    Appeal.objects.update(level=1)
    order = issued(people, "red", listed)
    page = get(people.supervisor, QUEUE)
    assert order.number in page
    assert "督查 · 督办单（黄）（办理超期）" in get(people.supervisor, f"/appeals/{plain.pk}/")
    for wanted, count in (("listed", 1), ("yellow", 0), ("none", 1), ("", 2)):
        assert f"共 <b>{count}</b>" in get(people.supervisor, QUEUE, order=wanted) or count == 0
    assert f"/appeals/{plain.pk}/" not in get(people.supervisor, QUEUE, order="listed")
    assert f"/appeals/{listed.pk}/" in get(people.supervisor, QUEUE, status="supervised")


def test_the_terms_are_edited_by_the_city_and_hold_from_then_on(people: People) -> None:
    before = issued(people)
    term = ReplyTerm.objects.get(colour="blue", critical=False)
    admin = factories.cadre(Role.SYSADMIN)
    where = f"/admin/reply-terms/{term.pk}/"
    page = signed_in(admin).get(where)
    seen = page.context["form"]["seen"].value()
    assert signed_in(admin).post(where, {"amount": 0, "unit": "days", "seen": seen}).status_code == 422
    assert signed_in(admin).post(where, {"amount": 9, "unit": "days", "seen": seen}).status_code == 302
    assert "9 个工作日" in get(admin, "/admin/limits/")
    assert issued(people).reply_due_at > before.reply_due_at


def test_nothing_breaks_where_there_is_no_order(people: People) -> None:
    assert "没有督办单" in get(people.supervisor, LIST)
    assert signed_in(people.supervisor).get(f"{LIST}1/").status_code == 404
