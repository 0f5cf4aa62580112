from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Self

import pgtrigger
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from cadres.history import track
from cadres.models.people import Cadre
from cadres.roles import Role

if TYPE_CHECKING:
    from collections.abc import Sequence

SEAL: Final = ("number", "digest")
DIGEST: Final = 64  # hexadecimal digits of a SHA-256
# What a row's detail is called where it isn't kept under its own words, in the order in which it is told. What the
# subject says already has no words.
WORDS: Final = {
    "kind": "", "ledger": "", "filename": "", "filter": "筛选条件", "rows": "行数", "added": "新增", "updated": "更新",
    "unchanged": "未变", "faulty": "错误", "import": "导入任务", "briefing": "通报编号", "number": "封存序号",
    "digest": "封存码", "sha256": "SHA-256", "scope": "个人信息",
}  # fmt: skip


class AuditQuerySet(models.QuerySet["AuditRow"]):
    def visible_to(self, cadre: Cadre) -> Self:
        return self if cadre.holds(Role.AUDITADMIN) else self.none()

    def sealed(self) -> Self:
        """Those that stand in the chain, in its order."""
        return self.filter(number__isnull=False).order_by("number")

    def unsealed(self) -> Self:
        return self.filter(number__isnull=True).order_by("pk")


class AuditRow(models.Model):
    """Who did what that leaves no other trace: sign-ins, imports, downloads, unmasking. Append-only by trigger.

    `number` and `digest` are the row's seal, its place in the chain (cadres/audit/chain.py). They are written once, by
    the sealing task; nothing else of a row is ever written again, and no row goes before it is half a year old.
    """

    class Action(models.TextChoices):
        SIGN_IN = "sign_in", "登录"
        SIGN_IN_FAILED = "sign_in_failed", "登录失败"
        SIGN_OUT = "sign_out", "退出"
        IMPORT = "import", "导入"
        DOWNLOAD = "download", "下载"
        UNMASK = "unmask", "查看完整信息"
        ADDRESS = "address", "更改邮箱"
        LINK = "link", "企业链接"
        CONFIGURE = "configure", "配置变更"
        GRANT = "grant", "授权变更"
        PASSWORD = "password", "密码变更"
        LOCKED_OUT = "locked_out", "登录锁定"
        UNLOCK = "unlock", "解除锁定"
        SECOND_FACTOR = "second_factor", "第二因素"
        DEPUTY = "deputy", "AB岗代理"
        SESSION_ENDED = "session_ended", "退出其他设备"
        CLEARED = "cleared", "到期清理"

    at = models.DateTimeField("时间")
    action = models.CharField("动作", max_length=20, choices=Action.choices)
    cadre = models.ForeignKey(Cadre, models.PROTECT, null=True, related_name="+", verbose_name="干部")
    on_behalf_of = models.ForeignKey(Cadre, models.PROTECT, null=True, related_name="+", verbose_name="代理")
    username = models.CharField("用户名", max_length=150, blank=True)
    subject = models.CharField("对象", max_length=200, blank=True)
    detail = models.JSONField("内容", default=dict)
    address = models.GenericIPAddressField("来源地址", null=True)
    request_id = models.CharField("追踪号", max_length=40, blank=True)
    number = models.BigIntegerField("封存序号", null=True, unique=True, editable=False)
    digest = models.CharField("封存码", max_length=DIGEST, blank=True, editable=False)

    objects = AuditQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "审计记录"
        ordering = ("-at", "-pk")
        indexes = (
            models.Index(fields=("-at",), name="audit_at"),
            models.Index(fields=("id",), name="audit_unsealed", condition=Q(number=None)),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(number=None, digest="") | Q(Q(number__isnull=False), ~Q(digest="")),
                name="audit_sealed_whole",
            ),
        )
        triggers: Sequence[pgtrigger.Trigger] = (
            pgtrigger.Protect(
                name="append_only", operation=pgtrigger.Update, condition=pgtrigger.AnyChange(exclude=[*SEAL])
            ),
            pgtrigger.Protect(
                name="sealed_once", operation=pgtrigger.Update, condition=pgtrigger.Q(old__number__isnull=False)
            ),
            pgtrigger.Protect(
                name="kept_half_a_year",
                operation=pgtrigger.Delete,
                condition=pgtrigger.Condition('OLD."number" IS NULL OR OLD."at" > now() - interval \'6 months\''),
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.username}"

    @property
    def who(self) -> str:
        """张三, or 张三（代李四）; "" where nobody was signed in."""
        if self.cadre is None:
            return ""
        return f"{self.cadre.name}（代{self.on_behalf_of.name}）" if self.on_behalf_of else self.cadre.name

    @property
    def particulars(self) -> list[tuple[str, str]]:
        return particulars(self.detail)


def particulars(detail: dict[str, Any]) -> list[tuple[str, str]]:
    """Name and value of what a row's detail tells beside its subject, in words."""
    told = {**detail, "scope": _how_much_of_people(detail["scope"])} if "scope" in detail else detail
    keys = [*(key for key, words in WORDS.items() if words and key in told), *(key for key in told if key not in WORDS)]
    return [(WORDS.get(key, key), str(told[key])) for key in keys if told[key] != ""]


def _how_much_of_people(scope: str) -> str:
    """Of a ledger's scope, which ends with "masked" or "unmasked"."""
    return "完整" if scope.endswith("unmasked") else "已隐藏"


class AuditCut(models.Model):
    """Where the chain begins since rows that had served their time were taken away: after this row. Append-only.

    The row of the log that tells of it (动作 到期清理) stands in the chain and says the same.
    """

    number = models.BigIntegerField("封存序号")
    digest = models.CharField("封存码", max_length=DIGEST)
    rows = models.PositiveBigIntegerField("清理行数")
    at = models.DateTimeField("清理时间")

    class Meta:
        verbose_name = verbose_name_plural = "审计记录清理"
        ordering = ("-number",)
        triggers: Sequence[pgtrigger.Trigger] = (
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        )

    def __str__(self) -> str:
        return f"至第 {self.number} 条"


class AuditCheck(models.Model):
    """One walk along the whole chain: who asked for it (the system, where nobody), how far it went, what it found.

    The row is the work, until `finished_at` is set; then it is never changed again.
    """

    asked_by = models.ForeignKey(Cadre, models.PROTECT, null=True, related_name="+", verbose_name="校验人")
    asked_at = models.DateTimeField("校验时间")
    finished_at = models.DateTimeField("完成时间", null=True)
    rows = models.PositiveBigIntegerField("已校验行数", default=0)
    unsealed = models.PositiveBigIntegerField("待封存行数", default=0)
    number = models.BigIntegerField("最后封存序号", default=0)
    digest = models.CharField("最后封存码", max_length=DIGEST, blank=True)
    problem = models.CharField("断裂处", max_length=300, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "审计校验"
        ordering = ("-asked_at", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=("asked_by",),
                condition=Q(finished_at=None),
                nulls_distinct=False,
                name="audit_check_one_waiting",
            ),
        )
        triggers: Sequence[pgtrigger.Trigger] = (
            pgtrigger.Protect(
                name="finished_once",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__finished_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"审计校验 {self.pk}"


@track(exclude=("version",))
class AuditKeeping(models.Model):
    """For how long the audit log is kept: one row.

    Never under six months (网络安全法 第二十三条, GB/T 22239-2019 8.1.4.3).
    """

    LEAST: Final = 6
    DEFAULT: Final = 36

    months = models.PositiveSmallIntegerField(
        "保存期限（月）",
        default=DEFAULT,
        validators=(
            MinValueValidator(LEAST, "审计记录至少保存 6 个月。"),
            MaxValueValidator(1200, "保存期限最长 1200 个月。"),
        ),
    )
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "审计保存期限"
        constraints = (
            models.CheckConstraint(condition=Q(months__gte=6), name="audit_kept_six_months"),
            models.CheckConstraint(condition=Q(pk=1), name="audit_keeping_once"),
        )

    def __str__(self) -> str:
        return f"{self.months} 个月"

    @classmethod
    def current(cls) -> AuditKeeping:
        return cls.objects.get(pk=1)
