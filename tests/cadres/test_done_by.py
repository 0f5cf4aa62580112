"""Whose act it was and who did it: kept in both columns wherever a row says who."""

from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models

from appeals.models import Order
from cadres.models import AuditRow, Cadre, DoneBy, Outbox, signature
from cadres.roles import Role
from tests import factories
from tests.cadres.deputies import capacity
from workflow.models import AbstractEvent

# Keys to a cadre that say about whom, to whom or for whom something is, and not who did it.
ABOUT = {
    "cadres.Department.leader_in_charge", "cadres.Department.duty_officer", "cadres.SignIn.cadre",
    "cadres.Mail.recipient", "cadres.Message.recipient", "cadres.Message.on_behalf_of",
    "cadres.CadreRole.cadre", "cadres.Deputyship.principal", "cadres.Deputyship.deputy", "enterprises.Assignment.cadre",
    "appeals.Appeal.handler", "visits.Visit.cadre", "reports.Briefing.correction_approved_by",
    "reports.Recipient.cadre", "reports.Receipt.cadre",
}  # fmt: skip
# Done by administrators or on pages of one's own, where nobody acts for another.
NOT_REPRESENTED = {
    "cadres.Deputyship.named_by", "cadres.Deputyship.ended_by", "cadres.AuditCheck.asked_by",
    "workflow.RuleChange.cadre",
}  # fmt: skip


def keys_to_cadres() -> list[models.ForeignKey]:
    own = [app for app in apps.get_app_configs() if Path(app.path).parent == settings.BASE_DIR]
    ours = [model for app in own for model in app.get_models()]
    return [
        field
        for model in ours
        if not hasattr(model, "pgh_tracked_model") and not model._meta.auto_created
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey) and field.related_model is Cadre and field.model is model
    ]


def test_every_key_that_says_who_did_it_keeps_the_deputy():
    """A new one has to be a DoneBy, or to stand in one of the lists above with good reason."""
    forgotten = set()
    for field in keys_to_cadres():
        name = f"{field.model._meta.label}.{field.name}"
        is_companion = field.name.endswith("_deputy")
        tells_both = field.model in {AuditRow, Order} or issubclass(field.model, AbstractEvent)
        if not (isinstance(field, DoneBy) or is_companion or tells_both or name in ABOUT | NOT_REPRESENTED):
            forgotten.add(name)
    assert not forgotten


@pytest.fixture
def pair(db):
    return factories.cadre(Role.HEAD, name="李四"), factories.cadre(Role.HANDLER, name="张三")


def test_a_row_written_by_a_deputy_reads_so_however_it_is_loaded(pair, django_assert_num_queries):
    principal, deputy = pair
    row = Outbox.objects.create(
        key="1", subject="一", actor=capacity(principal, deputy), created_at="2026-11-18T00:00Z"
    )
    assert (row.actor_id, row.actor_deputy_id) == (principal.pk, deputy.pk)
    assert str(Outbox.objects.get().actor) == "张三（代李四）"
    with django_assert_num_queries(1):
        assert [str(one.actor) for one in Outbox.objects.select_related("actor", "actor_deputy")] == ["张三（代李四）"]
    assert Outbox.objects.values_list(signature("actor"), flat=True).get() == "张三（代李四）"
    row.actor = deputy
    row.save()
    assert str(Outbox.objects.get().actor) == "张三"
    row.actor = None
    assert (row.actor, row.actor_deputy_id) == (None, None)


def test_rows_that_share_a_cadre_do_not_share_the_deputy(pair):
    principal, deputy = pair
    acting = capacity(principal, deputy)
    told = {"subject": "一", "created_at": "2026-11-18T00:00Z"}
    Outbox.objects.bulk_create([Outbox(key="1", actor=acting, **told), Outbox(key="2", actor=principal, **told)])
    rows = Outbox.objects.order_by("key").prefetch_related("actor")
    assert [str(row.actor) for row in rows] == ["张三（代李四）", "李四"]
    assert [row.actor.persons for row in rows] == [(principal.pk, deputy.pk), (principal.pk,)]
