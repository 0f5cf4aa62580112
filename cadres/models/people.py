from __future__ import annotations

from collections.abc import Hashable
from typing import Any, ClassVar, Final, Self

import pgtrigger
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, Group, PermissionsMixin
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models.functions import Concat
from django.utils import timezone
from django.utils.functional import cached_property

from cadres import history
from cadres.models.regions import Region
from cadres.roles import ADMINISTRATORS, REGIONAL, Role
from cadres.search import initials

Scope = tuple[Hashable, ...]

ADMINISTRATORS_LOCK: Final = 0x7A73

# Whoever may take the last holder of a role away waits for whoever does so just now. A database without any such role,
# as before the first sign-in, is left alone.
ADMINISTRATORS_REMAIN: Final = f"""
    PERFORM pg_advisory_xact_lock({ADMINISTRATORS_LOCK});
    IF EXISTS (
        SELECT FROM auth_group g WHERE g.name IN ({", ".join(f"'{role.value}'" for role in sorted(ADMINISTRATORS))})
        AND EXISTS (SELECT FROM cadres_cadreroleevent past WHERE past.group_id = g.id)
        AND NOT EXISTS (
            SELECT FROM cadres_cadre_groups held JOIN cadres_cadre c ON c.id = held.cadre_id
            WHERE held.group_id = g.id AND c.is_active
        )
    ) THEN
        RAISE EXCEPTION 'the last active administrator of a kind can''t go'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'administrators_remain';
    END IF;
    RETURN NULL;
"""


class DepartmentQuerySet(models.QuerySet["Department"]):
    def current(self) -> Self:
        """Departments that exist today; on its 停用日期 a department is one no longer."""
        today = timezone.localdate()
        begun = models.Q(valid_from=None) | models.Q(valid_from__lte=today)
        return self.filter(begun).filter(models.Q(valid_until=None) | models.Q(valid_until__gt=today))

    def ended(self) -> Self:
        """Departments that exist no longer."""
        return self.filter(valid_until__lte=timezone.localdate())

    def administered_by(self, cadre: Cadre) -> Self:
        """Those of the administrator's own region and below; all for one who belongs to no department."""
        return self.filter(region__path__startswith=cadre.administered_path)

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


@history.track(exclude=("version",))
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

    version = models.PositiveIntegerField(default=1, editable=False)

    objects = DepartmentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "单位"
        ordering = ("region__path", "name")
        constraints = (
            models.UniqueConstraint(
                fields=("region", "name"),
                condition=models.Q(valid_until=None),
                name="department_name_once_per_region",
                violation_error_message="该区域已有同名单位。",
            ),
            models.CheckConstraint(
                condition=models.Q(valid_from=None)
                | models.Q(valid_until=None)
                | models.Q(valid_until__gte=models.F("valid_from")),
                name="department_ends_after_start",
                violation_error_message="停用日期不能早于启用日期。",
            ),
            models.CheckConstraint(
                condition=models.Q(successor=None) | models.Q(valid_until__isnull=False),
                name="department_succeeded_has_ended",
                violation_error_message="填写了职能承接单位，请同时填写停用日期。",
            ),
            models.CheckConstraint(
                condition=models.Q(successor=None) | ~models.Q(successor=models.F("id")),
                name="department_succeeded_by_another",
                violation_error_message="职能承接单位不能是本单位。",
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


def held_by(cadre: str) -> dict[str, ArraySubquery]:
    """The names of a cadre's roles and rights, as columns of the query in which `cadre` is the cadre's key."""
    groups = Cadre.groups.through.objects.filter(cadre=models.OuterRef(cadre))
    rights = Group.permissions.through.objects.filter(group__user=models.OuterRef(cadre))
    name = Concat("permission__content_type__app_label", models.Value("."), "permission__codename")
    return {
        "held_roles": ArraySubquery(groups.values("group__name")),
        "held_rights": ArraySubquery(rights.values_list(name)),
    }


class CadreQuerySet(models.QuerySet["Cadre"]):
    def with_rights(self) -> Self:
        """Roles and rights come along, so that neither is a further query."""
        return self.annotate(**held_by("pk"))

    def active(self) -> Self:
        return self.filter(is_active=True)

    def named(self, text: str) -> Self:
        """By name, its initials or the username."""
        words = models.Q(name__contains=text) | models.Q(username__icontains=text)
        return self.filter(words | models.Q(initials__startswith=text.lower()))

    def with_role(self, role: Role) -> Self:
        return self.filter(pk__in=Cadre.groups.through.objects.filter(group__name=role).values("cadre_id"))

    def without_role(self) -> Self:
        roles = Cadre.groups.through.objects.filter(group__name__in=Role.values)
        return self.exclude(pk__in=roles.values("cadre_id"))

    def holding(self, role: Role) -> Self:
        """Active cadres who hold the role, by subquery so that nobody comes twice."""
        return self.active().with_role(role)

    def administered_by(self, cadre: Cadre) -> Self:
        """Those whose department lies in the administrator's region or below; all for one without a department."""
        path = cadre.administered_path
        return self.filter(department__region__path__startswith=path) if path else self

    def doing_business(self) -> Self:
        """Active cadres with a role that handles business, which none of the three administrators has."""
        held = Cadre.groups.through.objects.filter(group__name__in=sorted(set(Role.values) - ADMINISTRATORS))
        return self.active().filter(pk__in=held.values("cadre_id"), is_superuser=False)

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


@history.track(exclude=("password", "must_change_password", "last_login", "large_text", "initials", "version"))
class Cadre(AbstractBaseUser, PermissionsMixin):
    """Anybody who signs in (干部). Business roles are Django groups and may be combined.

    `deputy` is set where a colleague acts for this cadre just now (cadres.acting): rights and scope are this cadre's,
    and what is recorded says who acted for whom.
    """

    deputy: Cadre | None = None

    username = models.CharField("用户名", max_length=60, unique=True, validators=[UnicodeUsernameValidator()])
    name = models.CharField("姓名", max_length=40)
    initials = models.CharField("拼音首字母", max_length=40, blank=True, editable=False)
    phone = models.CharField("手机", max_length=20, blank=True)
    email = models.EmailField("邮箱", blank=True)
    mail_manner = models.CharField("邮件提醒", max_length=10, choices=MailManner.choices, default=MailManner.DIGEST)
    large_text = models.BooleanField("长辈模式", default=False)
    title = models.CharField("职务", max_length=40, blank=True)
    department = models.ForeignKey(
        Department, models.PROTECT, null=True, blank=True, related_name="cadres", verbose_name="单位"
    )
    is_active = models.BooleanField("启用", default=True)
    must_change_password = models.BooleanField("须改密码", default=False, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects = CadreManager()

    class Meta:
        verbose_name = verbose_name_plural = "干部"
        ordering = ("username",)
        permissions = (("grant_role", "可以授予、收回角色"),)
        triggers = (
            pgtrigger.Trigger(
                name="administrators_remain",
                when=pgtrigger.After,
                operation=pgtrigger.UpdateOf("is_active"),
                condition=pgtrigger.Q(old__is_active=True, new__is_active=False),
                timing=pgtrigger.Deferred,
                func=ADMINISTRATORS_REMAIN,
            ),
        )

    def __str__(self) -> str:
        """Who acts, as every page shows it: 张三, or 张三（代李四） where 张三 acts for 李四."""
        return f"{self.deputy.name}（代{self.name}）" if self.deputy else self.name

    @property
    def person(self) -> Cadre:
        """The human being who acts."""
        return self.deputy or self

    @property
    def persons(self) -> tuple[int, ...]:
        """Keys of all who count where duties are separate: whoever acts, and for whom."""
        return (self.pk, self.deputy.pk) if self.deputy else (self.pk,)

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.initials = initials(self.name, person=True)[:40]
        super().save(*args, **kwargs)

    held_roles: list[str]  # from with_rights()
    held_rights: list[str]

    @cached_property
    def roles(self) -> frozenset[Role]:
        """The roles this cadre holds; one query, or none where they came along or groups were prefetched."""
        held = vars(self).get("held_roles")
        names = [group.name for group in self.groups.all()] if held is None else held
        return frozenset(Role(name) for name in names if name in Role.values)

    @cached_property
    def rights(self) -> frozenset[str]:
        """The rights that the roles bring ("appeals.triage_appeal"); one query, or none where they came along."""
        held = vars(self).get("held_rights")
        return frozenset(Cadre.objects.with_rights().get(pk=self.pk).held_rights if held is None else held)

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
    def scope(self) -> Scope:
        """All by which queries are cut to a cadre, and to whoever acts: where it is the same, so are they."""
        held = (self.roles, self.rights, self.is_superuser)
        return (self.persons, self.person.roles, held, self.department_id, self.region_scope)

    @property
    def administered_path(self) -> str:
        """The path below which an administrator configures; "" is everything, for one who belongs to no department."""
        return self.region.path if self.region else ""

    @property
    def administers_all(self) -> bool:
        """Whether what holds for the whole city (the ladder, the national calendar) is this administrator's."""
        return self.region is None or self.region.parent_id is None

    @property
    def roles_display(self) -> str:
        return "、".join(role.label for role in Role if role in self.roles)
