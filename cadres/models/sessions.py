from __future__ import annotations

from typing import Self

from django.db import models

from cadres.models.people import Cadre


class SignInQuerySet(models.QuerySet["SignIn"]):
    def visible_to(self, cadre: Cadre) -> Self:
        """One's own alone."""
        return self.filter(cadre=cadre)


class SignIn(models.Model):
    """A browser in which a cadre is signed in now. That it once was stands in the audit log."""

    cadre = models.ForeignKey(Cadre, models.CASCADE, related_name="+", verbose_name="干部")
    session_key = models.CharField("会话", max_length=40, unique=True)
    at = models.DateTimeField("登录时间")
    seen_at = models.DateTimeField("最近活动")
    address = models.GenericIPAddressField("来源地址", null=True)
    device = models.CharField("设备", max_length=60, blank=True)

    objects = SignInQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "登录中的设备"
        ordering = ("-seen_at", "-pk")

    def __str__(self) -> str:
        return f"{self.cadre} {self.device}"
