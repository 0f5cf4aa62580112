from __future__ import annotations

from typing import TYPE_CHECKING, Self

import pgtrigger
from django.db import models

from cadres.models.people import Cadre
from cadres.roles import Role

if TYPE_CHECKING:
    from collections.abc import Sequence


class AuditQuerySet(models.QuerySet["AuditRow"]):
    def visible_to(self, cadre: Cadre) -> Self:
        return self if cadre.holds(Role.AUDITADMIN) else self.none()


class AuditRow(models.Model):
    """Who did what that leaves no other trace: sign-ins, imports, downloads, unmasking. Append-only by trigger."""

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
        SESSION_ENDED = "session_ended", "退出其他设备"

    at = models.DateTimeField("时间")
    action = models.CharField("动作", max_length=20, choices=Action.choices)
    cadre = models.ForeignKey(Cadre, models.PROTECT, null=True, related_name="+", verbose_name="干部")
    username = models.CharField("用户名", max_length=150, blank=True)
    subject = models.CharField("对象", max_length=200, blank=True)
    detail = models.JSONField("内容", default=dict)
    address = models.GenericIPAddressField("来源地址", null=True)
    request_id = models.CharField("追踪号", max_length=40, blank=True)

    objects = AuditQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "审计记录"
        ordering = ("-at", "-pk")
        indexes = (models.Index(fields=("-at",), name="audit_at"),)
        triggers: Sequence[pgtrigger.Trigger] = (
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        )

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.username}"
