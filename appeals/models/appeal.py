from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.validators import MinLengthValidator
from django.db import models, transaction
from django.db.models import F, Func, Q
from django.urls import reverse
from django.utils import timezone

from appeals.models.co_keys import TRUE_KEYS
from appeals.models.queries import MOST_URGENT_FIRST, AppealQuerySet
from appeals.models.tables import Category, Triage, Urgency
from appeals.models.watch import KEPT_BY
from appeals.workflow import FINAL, RUNNING, STEPS, UNENDED, Status
from cadres.fetching import QuicklyMade
from cadres.models import Cadre, Department, DoneBy, Region
from enterprises.models import Enterprise
from policies.models import Fulfilment
from workflow import protection
from workflow.models import Unit
from workflow.steps import Actor, IllegalStepError
from workflow.worktime import load_calendar

if TYPE_CHECKING:
    from datetime import date, datetime

    from appeals.models.history import Event


SHORTEST_DESCRIPTION: Final = 10

STATUS_COLOURS: Final = {
    Status.DRAFT: "grey",
    Status.PENDING: "orange",
    Status.ASSIGNED: "orange",
    Status.HANDLING: "blue",
    Status.REVIEWING: "yellow",
    Status.CONFIRMING: "yellow",
    Status.CLOSING: "yellow",
    Status.CLOSED: "green",
    Status.DECLINED: "grey",
    Status.WITHDRAWN: "grey",
}
LAYERS: Final[dict[str, str]] = {
    Region.Kind.CITY: "市级",
    Region.Kind.DISTRICT: "区县",
    Region.Kind.PARK: "园区",
    Region.Kind.TOWN: "镇街",
}
CLOCK_WORDS: Final = {
    Status.DRAFT: "未提交",
    Status.CONFIRMING: "已办结",
    Status.CLOSING: "已办结",
    Status.CLOSED: "已办结",
    Status.DECLINED: "已结束",
    Status.WITHDRAWN: "已结束",
}


class Appeal(QuicklyMade):
    """A difficulty or suggestion that an enterprise raised. Its status changes only through take().

    `due_at` is the deadline in force of the current round, `escalates_at` the instant at which the ladder next looks.
    `stint` counts the stays in a status. Region and its path are the enterprise's at registration and stay when it
    moves (迁址).
    """

    class Nature(models.TextChoices):
        DIFFICULTY = "difficulty", "困难诉求"
        SUGGESTION = "suggestion", "意见建议"

    class Source(models.TextChoices):
        VISIT = "visit", "走访"
        ENTERPRISE = "enterprise", "企业自报"
        HOTLINE = "hotline", "12345转来"
        SUPERIOR = "superior", "上级转办"
        LEADER = "leader", "领导交办"
        MEETING = "meeting", "座谈会"

    class Outcome(models.TextChoices):
        SOLVED = "solved", "已解决"
        PARTLY = "partly", "部分解决"
        PLANNED = "planned", "列入计划"
        EXPLAINED = "explained", "解释说明"
        IMPOSSIBLE = "impossible", "不具备条件"

    class DeclineGround(models.TextChoices):
        JURISDICTION = "jurisdiction", "不属本级职权"
        LITIGATION = "litigation", "已进入诉讼仲裁复议"
        PETITION = "petition", "信访渠道"
        SECRET = "secret", "涉密或隐私"
        DUPLICATE = "duplicate", "重复"
        EMPTY = "empty", "无实质内容"
        OTHER = "other", "其他"

    class Solved(models.TextChoices):
        YES = "yes", "已解决"
        PARTLY = "partly", "部分解决"
        NO = "no", "未解决"

    class Rating(models.TextChoices):
        SATISFIED = "satisfied", "满意"
        FAIR = "fair", "基本满意"
        DISSATISFIED = "dissatisfied", "不满意"

    class ConfirmedHow(models.TextChoices):
        ON_SITE = "on_site", "当面"
        PHONE = "phone", "电话"
        VIDEO = "video", "视频"
        WRITTEN = "written", "书面"
        LINK = "link", "企业链接"

    # Made by the form that registers: sent twice, it is one appeal.
    client_id = models.UUIDField(null=True, editable=False)
    number = models.CharField("编号", max_length=30, unique=True, null=True, editable=False)
    nature = models.CharField("性质", max_length=10, choices=Nature.choices, default=Nature.DIFFICULTY)
    title = models.CharField("标题", max_length=40)
    description = models.TextField("描述", max_length=1000, validators=[MinLengthValidator(SHORTEST_DESCRIPTION)])
    category = models.ForeignKey(Category, models.PROTECT, related_name="+", verbose_name="类别")
    source = models.CharField("来源", max_length=10, choices=Source.choices, default=Source.VISIT)
    # Enterprise and lead are found by the indexes that begin with them.
    enterprise = models.ForeignKey(Enterprise, models.PROTECT, related_name="+", verbose_name="企业", db_index=False)
    # The row of the policy ledger that is blocked, and goes on when this appeal is solved.
    fulfilment = models.ForeignKey(
        Fulfilment, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="政策兑现", editable=False
    )
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name="区域", editable=False)
    region_path = models.CharField(max_length=120, editable=False)
    registered_by = DoneBy(Cadre, models.PROTECT, related_name="+", verbose_name="登记人", db_index=False)
    created_at = models.DateTimeField("登记时间")
    submitted_at = models.DateTimeField("提出时间", null=True)
    urgency = models.CharField("紧急程度", max_length=10, choices=Urgency.choices, default=Urgency.ORDINARY)
    triage = models.CharField("研判", max_length=10, choices=Triage.choices, blank=True)

    status = models.CharField("状态", max_length=20, choices=Status.choices, default=Status.DRAFT)
    status_since = models.DateTimeField("进入状态时间")
    stint = models.PositiveSmallIntegerField(default=0)
    lead = models.ForeignKey(
        Department, models.PROTECT, null=True, related_name="+", verbose_name="主办单位", db_index=False
    )
    co_departments = models.ManyToManyField(Department, related_name="+", blank=True, verbose_name="协办单位")
    # The keys of co_departments: triggers keep them, and nothing else writes them.
    co_keys = ArrayField(models.BigIntegerField(), default=list, db_default=[], editable=False)
    handler = models.ForeignKey(Cadre, models.PROTECT, null=True, related_name="+", verbose_name="承办人")
    suggested_lead = models.ForeignKey(
        Department, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="建议主办单位"
    )
    bounces = models.PositiveSmallIntegerField("退单次数", default=0)
    disputes = models.PositiveSmallIntegerField("不满意次数", default=0)
    transfer_asked_at = models.DateTimeField("申请改派时间", null=True)
    transfers_asked = models.PositiveSmallIntegerField("申请改派次数", default=0)
    decline_ground = models.CharField("不予受理原因", max_length=20, choices=DeclineGround.choices, blank=True)

    round = models.PositiveSmallIntegerField("轮次", default=0)
    round_started_at = models.DateTimeField(null=True)
    limit_amount = models.PositiveIntegerField(null=True)
    limit_unit = models.CharField(max_length=10, choices=Unit.choices, blank=True)
    sign_due_at = models.DateTimeField("签收时限", null=True)
    auto_sign_at = models.DateTimeField("视为签收时间", null=True)
    contact_due_at = models.DateTimeField("联系企业时限", null=True)
    contacted_at = models.DateTimeField("首次联系企业", null=True)
    original_due_at = models.DateTimeField("原办理时限", null=True)
    due_at = models.DateTimeField("办理时限", null=True)
    yellow_at = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField("办结时间", null=True)
    ended_at = models.DateTimeField("结束时间", null=True)
    level = models.PositiveSmallIntegerField("督办级别", default=0)
    escalates_at = models.DateTimeField(null=True)

    outcome = models.CharField("办结类型", max_length=10, choices=Outcome.choices, blank=True)
    reply = models.TextField("答复内容", blank=True)
    solved = models.CharField("是否解决", max_length=10, choices=Solved.choices, blank=True)
    rating = models.CharField("满意度", max_length=12, choices=Rating.choices, blank=True)
    confirmed_by = models.CharField("确认人", max_length=40, blank=True)
    confirmed_how = models.CharField("确认方式", max_length=10, choices=ConfirmedHow.choices, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    # What the step in hand carries and other tables keep: the day chosen for opinions, and what a department says.
    opinion_due_on: date | None = None
    opinion: str = ""

    objects = AppealQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "诉求"
        ordering = ("-pk",)
        permissions = (
            ("submit_appeal", "可以提交诉求"),
            ("represent_enterprise", "可以代企业确认、撤回"),
            ("triage_appeal", "可以受理转办"),
            ("sign_appeal", "可以签收"),
            ("handle_appeal", "可以办理答复"),
            ("review_appeal", "可以审核答复"),
            ("give_opinion", "可以出具会办意见"),
            ("close_appeal", "可以销号"),
            ("supervise_appeal", "可以督办"),
            ("urge_appeal", "可以催办"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("enterprise", "registered_by", "client_id"), name="appeal_once_per_sending_of_a_form"
            ),
            # Named though it is implied: an index of all that are open would be read for counts that it is no good for.
            models.UniqueConstraint(
                fields=("fulfilment",),
                condition=Q(fulfilment__isnull=False) & ~Q(status__in=sorted(FINAL)),
                name="appeal_open_once_per_fulfilment_if_any",
            ),
            models.CheckConstraint(
                condition=Q(status=Status.DRAFT) | Q(status=Status.WITHDRAWN) | Q(number__isnull=False),
                name="appeal_submitted_has_a_number",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=(Status.ASSIGNED, Status.HANDLING, Status.REVIEWING))
                | Q(lead__isnull=False, due_at__isnull=False),
                name="appeal_being_handled_has_lead_and_deadline",
            ),
            models.CheckConstraint(
                condition=Q(status__in=sorted(FINAL), escalates_at=None)
                | Q(status__in=sorted(UNENDED), escalates_at__isnull=False),
                name="appeal_is_watched_until_it_ends",
            ),
            models.CheckConstraint(
                condition=Q(transfer_asked_at=None) | Q(status=Status.HANDLING),
                name="appeal_transfer_is_asked_for_while_handling",
            ),
        )
        indexes = (
            # Every list of a region, and the counts on its tabs.
            models.Index(fields=("region_path", "status"), name="appeal_region", opclasses=("varchar_pattern_ops", "")),
            # The first page of a large region, in the order of the list.
            models.Index(*MOST_URGENT_FIRST, "id", name="appeal_most_urgent_first"),
            # Its other orders: by deadline, by the day of raising.
            models.Index(F("due_at").asc(nulls_last=True), "id", name="appeal_by_deadline"),
            models.Index(F("submitted_at").asc(nulls_first=True), "id", name="appeal_by_submission"),
            models.Index(fields=("lead", "status", "due_at"), name="appeal_lead"),
            GinIndex(fields=("co_keys",), name="appeal_co_keys", fastupdate=False),
            # Most of a department's are over, and most of what is asked is about those that are not.
            GinIndex(
                fields=("co_keys",), name="appeal_co_open", fastupdate=False, condition=Q(status__in=sorted(UNENDED))
            ),
            models.Index(fields=("enterprise", "-id"), name="appeal_enterprise"),
            models.Index(fields=("registered_by", "-id"), name="appeal_registrar"),
            # Its lights; what soon will be late is found among what is not, without looking at a row.
            models.Index(
                fields=("due_at", "yellow_at", "id"), name="appeal_light", condition=Q(status__in=sorted(RUNNING))
            ),
            # 按时办结率: what was settled, waits though due, or was handed out again since an instant.
            models.Index(fields=("settled_at",), name="appeal_settled", condition=Q(settled_at__isnull=False)),
            models.Index(
                fields=("due_at",), name="appeal_unsettled", condition=Q(settled_at__isnull=True, ended_at__isnull=True)
            ),
            models.Index(fields=("round_started_at",), name="appeal_begun_again", condition=Q(round__gt=1)),
            # None of level and escalates_at, which change in every sweep: Watch has those.
            # The counts on the tabs of a region's list, without looking at a row, and what waits there in a status.
            models.Index(
                fields=("status", "region_path", "id"),
                name="appeal_by_status",
                opclasses=("", "varchar_pattern_ops", ""),
                include=("number", "registered_by", "enterprise"),
                condition=Q(status__in=sorted(UNENDED)),
            ),
            # What is counted beside the menu and on tabs of whoever reads a region, without looking at a row.
            models.Index(
                fields=("region_path", "id"),
                name="appeal_unended",
                opclasses=("varchar_pattern_ops", ""),
                include=(
                    *("status", "due_at", "yellow_at", "number", "registered_by", "enterprise"),
                    *("bounces", "transfer_asked_at", "lead"),
                ),
                condition=Q(status__in=sorted(UNENDED)),
            ),
            # What waits for an office's decision.
            models.Index(
                fields=("region_path",), name="appeal_transfer_asked", condition=Q(transfer_asked_at__isnull=False)
            ),
            # The search box: words of the title, in each status too, for a word may be in every tenth of them.
            GinIndex(Func("title", function="zq_bigrams"), "status", name="appeal_words"),
            GinIndex(OpClass("number", "gin_trgm_ops"), name="appeal_number"),
        )
        triggers = (*protection.guards_of_subject(STEPS, "appeals_event", "appeal_id"), *KEPT_BY, TRUE_KEYS)

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("appeals:detail", args=(self.pk,))

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
    def layer(self) -> str:
        """Of which level the lead department is (层级), which is not the 督办级别."""
        return LAYERS.get(self.lead.region.kind, "") if self.lead else ""

    @property
    def clock_words(self) -> str:
        """What is said in place of a countdown where the handling clock does not run; "" where it does."""
        if self.status in RUNNING:
            return "" if self.due_at else "待转办"
        return CLOCK_WORDS[Status(self.status)]

    @property
    def is_provisional(self) -> bool:
        """Whether the deadline falls in a year whose days off are not announced yet (暂定)."""
        if self.due_at is None or self.clock_words:
            return False
        return load_calendar(self.region_path).is_provisional(timezone.localdate(self.due_at))

    def light_at(self, now: datetime) -> str:
        """The light as with_light() annotates it."""
        if self.status not in RUNNING or self.due_at is None:
            return "grey"
        if self.due_at < now:
            return "red"
        return "yellow" if self.yellow_at is not None and self.yellow_at <= now else "green"

    def take(
        self,
        name: str,
        *,
        by: Actor,
        now: datetime,
        note: str = "",
        version: int | None = None,
        asked_at: datetime | None = None,
        **values: Any,
    ) -> Event:
        """Take one step under a row lock and record who took it, what was said and what changed.

        `values` holds the fields that the step carries, `version` what the actor was looking at, `asked_at` since when;
        either may be unknown. Deadlines, the ladder, the departments' access and the notices follow in the same
        transaction. What the ladder had due by now is recorded first, as a sweep a moment ago would have. Raises
        IllegalStepError, with nothing else written, if somebody else has moved the appeal meanwhile, or if the actor
        may not take the step as the appeal now stands.
        """
        from appeals import acts, escalation

        with transaction.atomic():
            # First the lock, then the join: in one statement a move of the enterprise meanwhile would hide the row.
            Appeal.objects.select_for_update(no_key=True).values_list("pk").get(pk=self.pk)
            self.refresh_from_db(from_queryset=Appeal.objects.select_related("enterprise", "region"))
            escalation.catch_up(self, now)
            refused = acts.obstacle(self, name, by=by, version=version)
            if refused is None:
                since = acts.repeated_since(now, asked_at)
                repeated = acts.repetition(self, name, by=by, since=since, note=note, values=values)
                return repeated or acts.take_step(self, name, by=by, now=now, note=note, values=values)
        raise IllegalStepError(refused)
