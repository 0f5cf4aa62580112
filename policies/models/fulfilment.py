from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.urls import reverse

from cadres.models import Cadre, DoneBy, Region
from enterprises.models import Enterprise
from policies import periods
from policies.models.policy import NOT_NEGATIVE, Item
from policies.models.queries import MOST_URGENT_FIRST, FulfilmentQuerySet
from policies.workflow import APPROVED, OPEN, STEPS, UNDECLARED, Status
from workflow import protection
from workflow.steps import Actor, IllegalStepError

if TYPE_CHECKING:
    from datetime import date, datetime

    from policies.models.history import Event

STATUS_COLOURS: Final = {
    Status.UNVERIFIED: "orange",
    Status.ENTITLED: "orange",
    Status.DECLARED: "blue",
    Status.REVIEWING: "blue",
    Status.PUBLICISED: "yellow",
    Status.PAYING: "yellow",
    Status.PAID: "green",
    Status.ENJOYED: "green",
    Status.RETURNED: "red",
    Status.INELIGIBLE: "grey",
    Status.REJECTED: "grey",
    Status.WAIVED: "grey",
    Status.LAPSED: "red",
    Status.RECOVERED: "red",
}


def _money(label: str, **options: Any) -> models.DecimalField[Any, Any]:
    return models.DecimalField(label, max_digits=14, decimal_places=2, validators=[NOT_NEGATIVE], **options)


class Fulfilment(models.Model):
    """What became of one item for one enterprise in one period (兑现). Its status changes only through its steps.

    `closes_on` is the item's for this period; `block` is what stands in the way (堵点), "" while nothing does.
    `amount_paid` and `paid_on` are kept by the payments' own triggers. Region and its path are the enterprise's when
    the row was made and stay when it moves (迁址). Amounts are in 元.
    """

    enterprise = models.ForeignKey(Enterprise, models.PROTECT, related_name="+", verbose_name="企业", db_index=False)
    item = models.ForeignKey(Item, models.PROTECT, related_name="fulfilments", verbose_name="事项", db_index=False)
    period = models.CharField(
        "期次", max_length=7, validators=[RegexValidator(periods.STORED, f"请写成{periods.HINT}")]
    )
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name="区域", editable=False)
    region_path = models.CharField(max_length=120, editable=False)

    status = models.CharField("状态", max_length=20, choices=Status.choices, default=Status.UNVERIFIED)
    status_since = models.DateTimeField("进入状态时间")
    amount_due = _money("应享金额", null=True, blank=True)
    amount_approved = _money("核定金额", null=True, blank=True)
    amount_paid = _money("拨付金额", default=Decimal(0), editable=False)
    amount_recovered = _money("追回金额", default=Decimal(0))
    heard_on = models.DateField("知晓日期", null=True, blank=True)
    declared_on = models.DateField("申报日期", null=True, blank=True)
    closes_on = models.DateField("截止日期", null=True, blank=True)
    enjoyed_on = models.DateField("享受日期", null=True, blank=True)
    received_on = models.DateField("企业反映收到日期", null=True, blank=True)
    paid_on = models.DateField("拨付日期", null=True, editable=False)
    reason = models.CharField("未享原因", max_length=500, blank=True)
    waived_by = models.CharField("放弃人", max_length=60, blank=True, help_text="企业方姓名和职务")
    block = models.CharField("堵点", max_length=500, blank=True)
    blocked_at = models.DateTimeField("堵点登记时间", null=True)
    reminded_at = models.DateTimeField(null=True, editable=False)
    created_by = DoneBy(Cadre, models.PROTECT, null=True, related_name="+", editable=False)
    created_at = models.DateTimeField("建立时间")
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = FulfilmentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "政策兑现"
        ordering = ("-pk",)
        permissions = (
            ("record_fulfilment", "可以登记企业的兑现情况"),
            ("process_fulfilment", "可以审核、拨付"),
            ("reopen_fulfilment", "可以重新办理"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("enterprise", "item", "period"),
                name="fulfilment_once_per_period",
                violation_error_message="该企业这一期的此事项已有兑现记录。",
            ),
            models.CheckConstraint(condition=Q(period__regex=periods.STORED), name="fulfilment_period_is_one"),
            models.CheckConstraint(
                condition=Q(amount_paid__lte=Coalesce(F("amount_approved"), Value(Decimal(0)))),
                name="fulfilment_paid_within_approved",
                violation_error_message="拨付金额不能超过核定金额。",
            ),
            models.CheckConstraint(
                condition=Q(amount_recovered__lte=F("amount_paid")),
                name="fulfilment_recovered_within_paid",
                violation_error_message="追回金额不能超过已拨付金额。",
            ),
            models.CheckConstraint(
                condition=(Q(amount_due=None) | Q(amount_due__gte=0))
                & (Q(amount_approved=None) | Q(amount_approved__gte=0))
                & Q(amount_paid__gte=0, amount_recovered__gte=0),
                name="fulfilment_amounts_not_negative",
                violation_error_message="金额不能为负数。",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=sorted(APPROVED)) | Q(amount_approved__isnull=False),
                name="fulfilment_approved_has_an_amount",
                violation_error_message="审核通过须有核定金额。",
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.WAIVED) | ~Q(waived_by=""),
                name="fulfilment_waived_by_somebody",
                violation_error_message="放弃须写明企业方谁说的。",
            ),
            models.CheckConstraint(
                condition=Q(block="", blocked_at=None) | ~Q(block="") & Q(blocked_at__isnull=False),
                name="fulfilment_blocked_since",
            ),
        )
        indexes = (
            # Every list of a region, and the counts on its tabs.
            models.Index(
                fields=("region_path", "status"), name="fulfilment_region", opclasses=("varchar_pattern_ops", "")
            ),
            # The first page of a large region, in the order of the list.
            models.Index(*MOST_URGENT_FIRST, "id", name="fulfilment_urgent_first"),
            models.Index("item", *MOST_URGENT_FIRST, "id", name="fulfilment_urgent_of_item"),
            # What is due, by the amount and by how long it has stood still.
            models.Index(
                F("amount_due").asc(nulls_first=True),
                "id",
                name="fulfilment_by_amount",
                condition=Q(status__in=sorted(OPEN)),
            ),
            models.Index(fields=("status_since", "id"), name="fulfilment_by_age", condition=Q(status__in=sorted(OPEN))),
            # The lists of an item and of a department, and the counts on a policy's page, which are of a region.
            models.Index(
                fields=("item", "status", "region_path"),
                name="fulfilment_of_item",
                opclasses=("", "", "varchar_pattern_ops"),
            ),
            models.Index(F("closes_on").asc(nulls_last=True), "id", name="fulfilment_closing"),
            # The sweep.
            models.Index(fields=("closes_on",), name="fulfilment_window", condition=Q(status__in=sorted(UNDECLARED))),
            models.Index(fields=("region_path",), name="fulfilment_blocked", condition=~Q(block="")),
        )
        triggers = protection.guards_of_subject(STEPS, "policies_event", "fulfilment_id")

    def __str__(self) -> str:
        return f"{self.enterprise} {self.item} {self.period_words}"

    def get_absolute_url(self) -> str:
        return reverse("policies:fulfilment", args=(self.pk,))

    @property
    def period_words(self) -> str:
        return periods.words(self.period)

    @property
    def status_label(self) -> str:
        return Status(self.status).label

    @property
    def status_colour(self) -> str:
        return STATUS_COLOURS[Status(self.status)]

    @property
    def place(self) -> str:
        """The region with the district around it: 澜北区城北街道. Regions and their parents are loaded by the views."""
        inner = self.region.kind in {Region.Kind.TOWN, Region.Kind.VILLAGE} and self.region.parent
        return f"{self.region.parent or ''}{self.region}" if inner else str(self.region)

    @property
    def fit(self) -> str:
        """符合, 不符合 or 待核实, as the ledger says it."""
        words = {Status.UNVERIFIED: "待核实", Status.INELIGIBLE: "不符合"}
        return words.get(Status(self.status), "符合")

    @property
    def amount_left(self) -> Decimal:
        """What is approved and not paid yet."""
        left: Decimal = (self.amount_approved or Decimal(0)) - self.amount_paid
        return left

    def window_light(self, today: date) -> str:
        """As of its item while nobody has applied; grey afterwards."""
        if self.status not in UNDECLARED or self.closes_on is None:
            return "grey"
        return Item(closes_on=self.closes_on).window_light(today)

    def take(
        self, name: str, *, by: Actor, now: datetime, note: str = "", version: int | None = None, **values: Any
    ) -> Event:
        """Take one step under a row lock and record who took it, what was said and what changed.

        `values` holds the fields that the step carries, `version` what the actor was looking at. The department's
        access and the notices follow in the same transaction. Raises IllegalStepError, with nothing written, if
        somebody else has moved the row meanwhile, or if the actor may not take the step as the row now stands.
        """
        from policies import acts

        with transaction.atomic():
            locked = Fulfilment.objects.select_for_update(no_key=True, of=("self",))
            self.refresh_from_db(from_queryset=locked.select_related("enterprise", "item__policy"))
            refused = acts.obstacle(self, name, by=by, version=version)
            if refused is None:
                return acts.take_step(self, name, by=by, now=now, note=note, values=values)
        raise IllegalStepError(refused)
