from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from django.db.models import Case, F, Func, Value, When
from django.db.models.functions import Concat

from cadres import history
from cadres.changes import Together
from cadres.models import Cadre, Region
from workflow.links import Try  # noqa: F401 -- a model of this app, which Django looks for here
from workflow.steps import Actor

if TYPE_CHECKING:
    from collections.abc import Mapping


@history.track(exclude=("version",))
class Holiday(models.Model):
    """A day that differs from the ordinary week: a day off, or a shifted working day (调休)."""

    class Kind(models.TextChoices):
        REST = "rest", "放假"
        WORK = "work", "调休上班"

    day = models.DateField("日期")
    kind = models.CharField("类型", max_length=4, choices=Kind.choices)
    name = models.CharField("名称", max_length=40)
    region = models.ForeignKey(Region, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="适用区域")
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "节假日"
        ordering = ("day",)
        constraints = (
            models.UniqueConstraint(
                fields=("day", "region"),
                nulls_distinct=False,
                name="holiday_once_per_region",
                violation_error_message="这一天已有安排，请编辑原来那一条。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.day} {self.name}"

    @property
    def words(self) -> str:
        """放假 2027-10-01 国庆节（全国）."""
        return f"{self.get_kind_display()} {self} （{self.region or '全国'}）".replace(" （", "（")


@history.track(exclude=("version",))
class WorkingHours(models.Model):
    """One stretch of the working day; by default 9:00 to 12:00 and 14:00 to 18:00."""

    starts = models.TimeField("开始")
    ends = models.TimeField("结束")
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "工作时间"
        ordering = ("starts",)
        constraints = (
            models.CheckConstraint(condition=models.Q(ends__gt=models.F("starts")), name="hours_end_after_start"),
        )

    def __str__(self) -> str:
        return f"{self.starts:%H:%M}–{self.ends:%H:%M}"


class Unit(models.TextChoices):
    """In what a limit is counted. Working days end with the working hours of the last of them."""

    CLOCK_MINUTES = "clock", "分钟（自然）"
    WORKING_MINUTES = "minutes", "分钟（工作）"
    WORKING_DAYS = "days", "个工作日"

    def words(self, amount: int) -> str:
        """How people say it: 3 个工作日, 4 小时（工作时间）, 1 小时 30 分钟（自然时间）."""
        if self is Unit.WORKING_DAYS:
            return f"{amount} {self.label}"
        hours, minutes = divmod(amount, 60)
        parts = [f"{hours} 小时"] if hours else []
        parts += [f"{minutes} 分钟"] if minutes or not hours else []
        return f"{' '.join(parts)}（{'工作' if self is Unit.WORKING_MINUTES else '自然'}时间）"


def spans(*names: str) -> dict[str, Together]:
    """For a model's history: its amounts of these names (xxx_amount, or amount for ""), each told with its unit."""
    return {f"{name}amount": Together(f"{name}unit", lambda amount, unit: Unit(unit).words(amount)) for name in names}


class Trigger(models.TextChoices):
    """What makes a rung of the ladder due."""

    DRAFT = "draft", "草稿未提交"
    PENDING = "pending", "待受理超时"
    YELLOW = "yellow", "即将到期"
    UNSIGNED = "unsigned", "未按时签收"
    OVERDUE = "overdue", "办理超期"
    OVERDUE_LONG = "overdue_long", "长期超期"
    DISPUTED = "disputed", "两次不满意"
    REVIEWING = "reviewing", "待审核超时"
    CONFIRMING = "confirming", "待确认超时"
    CLOSING = "closing", "待销号超时"
    TRANSFER = "transfer", "申请改派未决"
    OPINION = "opinion", "会办意见逾期"
    INSTRUCTION = "instruction", "批示逾期未反馈"


class OrderColour(models.TextChoices):
    """How grave a supervision order (督办单) is, the mildest first; a red one lists the case (挂牌督办)."""

    BLUE = "blue", "蓝"
    YELLOW = "yellow", "黄"
    RED = "red", "红"

    @cached_property
    def rank(self) -> int:
        return list(OrderColour).index(self)

    @property
    def next(self) -> OrderColour | None:
        """What follows where an order is not answered in time; None after red."""
        return list(OrderColour)[self.rank + 1] if self is not OrderColour.RED else None


@history.track(exclude=("version",))
class Rung(models.Model):
    """One rung of the ladder: so long after the trigger, this level is reached and these people are told.

    `repeat_days` makes the rung come again every so many working days. `critical` rungs are for 特急. `draws` is the
    colour of the supervision order that is drawn up with it, "" for none.
    """

    HIGHEST = 4

    class Audience(models.TextChoices):
        REGISTRAR = "registrar", "登记人"
        HANDLER = "handler", "承办人"
        HEAD = "head", "部门负责人"
        LEADER_IN_CHARGE = "leader_in_charge", "分管领导"
        OFFICE = "office", "办公室"
        SUPERVISOR = "supervisor", "督查"
        LEADER = "leader", "主要领导"

    trigger = models.CharField("触发条件", max_length=20, choices=Trigger.choices)
    critical = models.BooleanField("特急", default=False)
    level = models.PositiveSmallIntegerField("督办级别")
    amount = models.PositiveIntegerField("触发后", default=0)
    unit = models.CharField("单位", max_length=10, choices=Unit.choices, default=Unit.WORKING_DAYS)
    repeat_days = models.PositiveSmallIntegerField("每隔工作日重复", default=0)
    audience = ArrayField(models.CharField(max_length=20, choices=Audience.choices), verbose_name="通知对象")
    listed = models.BooleanField("通报点名", default=False)
    draws = models.CharField("下达督办单", max_length=6, choices=OrderColour.choices, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    told_together: ClassVar = spans("")

    class Meta:
        verbose_name = verbose_name_plural = "督办阶梯"
        ordering = ("critical", "trigger", "level")
        constraints = (
            models.UniqueConstraint(
                fields=("trigger", "critical", "level"),
                name="rung_once_per_level",
                violation_error_message="这个触发条件已有相同督办级别的一级，请编辑原来那一条。",
            ),
            models.CheckConstraint(condition=models.Q(level__lte=4), name="rung_level_0_to_4"),
            models.CheckConstraint(
                condition=models.Q(draws__in=["", *OrderColour.values]), name="rung_draws_a_known_colour"
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_trigger_display()} {self.level} 级"

    @property
    def words(self) -> str:
        """办理超期 2 级（特急）."""
        return f"“{self.get_trigger_display()}”督办级别 {self.level}{'（特急）' if self.critical else ''}"

    @property
    def when(self) -> str:
        """触发后 2 个工作日，每 5 个工作日重复."""
        after = Unit(self.unit).words(self.amount) if self.amount else "立即"
        return after + (f"，此后每 {self.repeat_days} 个工作日" if self.repeat_days else "")

    @property
    def audience_display(self) -> str:
        return "、".join(str(Rung.Audience(one).label) for one in self.audience)


class RuleChangeQuerySet(models.QuerySet["RuleChange"]):
    def waiting(self) -> Self:
        """Those that open cases have not followed since every process has read the new tables."""
        unread = models.F("at") + RuleChange.READ_BY_ALL_AFTER
        return self.filter(models.Q(done_at=None) | models.Q(done_at__lt=unread))


class RuleChange(models.Model):
    """An edit of the calendar or the ladder that open cases have to follow, and how far they are with it.

    `moved` counts the cases whose deadline (or whose next look of the ladder) changed.
    """

    # Processes keep the tables for a minute; what they decided meanwhile is looked at once more.
    READ_BY_ALL_AFTER = timedelta(seconds=90)

    class Kind(models.TextChoices):
        CALENDAR = "calendar", "工作日历"
        LADDER = "ladder", "督办阶梯"

    kind = models.CharField("类别", max_length=10, choices=Kind.choices)
    at = models.DateTimeField("时间")
    cadre = models.ForeignKey(Cadre, models.PROTECT, related_name="+", verbose_name="修改人")
    words = models.CharField("内容", max_length=200)
    done_at = models.DateTimeField("重算时间", null=True)
    moved = models.PositiveIntegerField("变动件数", default=0)

    objects = RuleChangeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "规则变更"
        ordering = ("-at", "-pk")

    def __str__(self) -> str:
        return self.words


class Counter(models.Model):
    """Running numbers, one row per series."""

    series = models.CharField(max_length=60, primary_key=True)
    value = models.PositiveIntegerField()

    class Meta:
        verbose_name = verbose_name_plural = "流水号"

    def __str__(self) -> str:
        return f"{self.series} {self.value}"

    @classmethod
    def take(cls, series: str, count: int = 1) -> int:
        """Take the next `count` numbers of a series and return the first; others wait until this transaction ends."""
        return cls.take_all({series: count})[series]

    @classmethod
    def take_all(cls, counts: Mapping[str, int]) -> dict[str, int]:
        """As take() of each series, with one statement, in one order for everybody, so that no two block each other."""
        series = sorted(counts)
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO workflow_counter (series, value)"
                " SELECT series, count FROM unnest(%s::text[], %s::int[]) WITH ORDINALITY AS n (series, count, place)"
                " ORDER BY place"
                " ON CONFLICT (series) DO UPDATE SET value = workflow_counter.value + EXCLUDED.value"
                " RETURNING series, value",
                [series, [counts[one] for one in series]],
            )
            return {one: last - counts[one] + 1 for one, last in cursor.fetchall()}


def who() -> Case:
    """AbstractEvent.who as a column."""
    represented = Concat(F("actor_label"), Value("（代"), F("on_behalf_of__name"), Value("）"))
    return Case(When(on_behalf_of=None, then=F("actor_label")), default=represented)


class AbstractEvent(models.Model):
    """One step taken: who, for whom, when, from, to, what was said, what it changed.

    Concrete events add the key to their subject and the triggers of workflow.protection. `txid` is the transaction
    that wrote the row, by which the subject's trigger finds the event of its own transaction.
    """

    step = models.CharField("步骤", max_length=30)
    before = models.CharField(max_length=20)
    after = models.CharField(max_length=20)
    actor_kind = models.CharField(max_length=10)
    cadre = models.ForeignKey(Cadre, models.PROTECT, null=True, related_name="+")
    on_behalf_of = models.ForeignKey(Cadre, models.PROTECT, null=True, related_name="+")
    actor_label = models.CharField("经办", max_length=60)
    at = models.DateTimeField("时间")
    note = models.TextField("说明", blank=True)
    changes = models.JSONField(default=dict)
    txid = models.BigIntegerField(
        db_default=Func(function="txid_current", output_field=models.BigIntegerField()), editable=False
    )

    class Meta:
        abstract = True
        ordering = ("pk",)

    @property
    def who(self) -> str:
        """As the history shows it; an act for an absent colleague reads 张三（代李四）."""
        return f"{self.actor_label}（代{self.on_behalf_of.name}）" if self.on_behalf_of else self.actor_label

    @property
    def capacity(self) -> Cadre | None:
        """Whose act it was, with the deputy who acted for them; None where no cadre did."""
        if self.on_behalf_of is None:
            return self.cadre
        self.on_behalf_of.deputy = self.cadre
        return self.on_behalf_of

    @property
    def unit(self) -> str:
        """The department for which it was done; the principal's where a deputy did it."""
        cadre = self.on_behalf_of or self.cadre
        return cadre.department.name if cadre and cadre.department else ""

    @staticmethod
    def actor_columns(by: Actor) -> dict[str, Any]:
        return {
            "actor_kind": by.kind,
            "cadre": by.cadre,
            "on_behalf_of": by.on_behalf_of,
            "actor_label": by.label,
        }
