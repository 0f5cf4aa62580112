from __future__ import annotations

from typing import Any, ClassVar, Self

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.db import models
from django.utils.functional import cached_property

from cadres.models.regions import Region
from cadres.roles import REGIONAL, Role
from cadres.search import initials


class DepartmentQuerySet(models.QuerySet["Department"]):
    def current(self) -> Self:
        return self.filter(valid_until=None)

    def handling_appeals(self) -> Self:
        """Departments to which an appeal can be assigned today."""
        return self.current().filter(handles_appeals=True)

    def visible_to(self, cadre: Cadre) -> Self:
        """Departments a cadre may choose from: their region's and below, and those of the regions above it."""
        if cadre.department is None:
            return self.none()
        region = cadre.department.region
        codes = region.path.rstrip("/").split("/")
        return self.filter(models.Q(region__path__startswith=region.path) | models.Q(region__code__in=codes))


class Department(models.Model):
    """A unit (单位). Units are ended and succeeded, never deleted: past figures keep the old name."""

    name = models.CharField("名称", max_length=80)
    region = models.ForeignKey(Region, models.PROTECT, related_name="departments", verbose_name="区域")
    kind = models.CharField("类别", max_length=20, blank=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="上级单位")
    leader_in_charge = models.ForeignKey(
        "cadres.Cadre", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="分管领导"
    )
    duty_officer = models.ForeignKey(
        "cadres.Cadre", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="值班人员"
    )
    duty_phone = models.CharField("值班电话", max_length=30, blank=True)
    handles_appeals = models.BooleanField("承办诉求", default=True)
    valid_from = models.DateField("启用日期", null=True, blank=True)
    valid_until = models.DateField("停用日期", null=True, blank=True)
    successor = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="职能承接单位"
    )

    objects = DepartmentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "单位"
        ordering = ("region__path", "name")
        constraints = (
            models.UniqueConstraint(
                fields=("region", "name"),
                condition=models.Q(valid_until=None),
                name="department_name_once_per_region",
            ),
        )

    def __str__(self) -> str:
        return self.name


class MailManner(models.TextChoices):
    """Which notices a cadre wants by e-mail beside the inbox, and when."""

    DIGEST = "digest", "重要的立即发送，其余每个工作日早上汇总一封"
    AT_ONCE = "at_once", "全部立即发送"
    URGENT = "urgent", "只发重要的"
    OFF = "off", "不发邮件，只看站内消息"


class CadreQuerySet(models.QuerySet["Cadre"]):
    def active(self) -> Self:
        return self.filter(is_active=True)

    def holding(self, role: Role) -> Self:
        """Active cadres who hold the role, by subquery so that nobody comes twice."""
        return self.active().filter(pk__in=Cadre.groups.through.objects.filter(group__name=role).values("cadre_id"))

    def visible_to(self, cadre: Cadre) -> Self:
        """Colleagues a cadre may choose from: regional roles their region and below, others their department."""
        if cadre.region_scope:
            return self.filter(department__region__path__startswith=cadre.region_scope)
        return self.filter(department=cadre.department_id)


class CadreManager(BaseUserManager.from_queryset(CadreQuerySet)):  # type: ignore[misc]
    def create_user(self, username: str, password: str | None = None, **fields: Any) -> Cadre:
        cadre: Cadre = self.model(username=username, **fields)
        cadre.set_password(password)
        cadre.save(using=self._db)
        return cadre

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> Cadre:
        return self.create_user(username, password, is_superuser=True, **fields)


class Cadre(AbstractBaseUser, PermissionsMixin):
    """Anybody who signs in (干部). Business roles are Django groups and may be combined."""

    username = models.CharField("用户名", max_length=60, unique=True, validators=[UnicodeUsernameValidator()])
    name = models.CharField("姓名", max_length=40)
    initials = models.CharField("拼音首字母", max_length=40, blank=True, editable=False)
    phone = models.CharField("手机", max_length=20, blank=True)
    email = models.EmailField("邮箱", blank=True)
    mail_manner = models.CharField("邮件提醒", max_length=10, choices=MailManner.choices, default=MailManner.DIGEST)
    title = models.CharField("职务", max_length=40, blank=True)
    department = models.ForeignKey(
        Department, models.PROTECT, null=True, blank=True, related_name="cadres", verbose_name="单位"
    )
    is_active = models.BooleanField("启用", default=True)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects = CadreManager()

    class Meta:
        verbose_name = verbose_name_plural = "干部"
        ordering = ("username",)

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.initials = initials(self.name, person=True)[:40]
        super().save(*args, **kwargs)

    @cached_property
    def roles(self) -> frozenset[Role]:
        """The roles this cadre holds; one query, or none where groups were prefetched."""
        return frozenset(Role(group.name) for group in self.groups.all() if group.name in Role.values)

    def holds(self, *roles: Role) -> bool:
        return not self.roles.isdisjoint(roles)

    @property
    def region(self) -> Region | None:
        return self.department.region if self.department else None

    @cached_property
    def region_scope(self) -> str:
        """The path below which a regional role sees everything; "" for those who hold none."""
        return self.region.path if self.region and self.holds(*REGIONAL) else ""

    @property
    def roles_display(self) -> str:
        return "、".join(role.label for role in Role if role in self.roles)
