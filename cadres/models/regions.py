from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.core.validators import RegexValidator
from django.db import models

from cadres import history

if TYPE_CHECKING:
    from cadres.models.people import Cadre


class RegionQuerySet(models.QuerySet["Region"]):
    def visible_to(self, cadre: Cadre) -> Self:
        """Regions a cadre may choose from: those below their own for regional roles, the whole tree for the others."""
        prefix = cadre.region_scope
        return self.filter(path__startswith=prefix) if prefix else self

    def administered_by(self, cadre: Cadre) -> Self:
        """The administrator's own region and below; all for one who belongs to no department."""
        return self.filter(path__startswith=cadre.administered_path)

    def active(self) -> Self:
        return self.filter(active=True)

    def below(self, path: str) -> Self:
        """The region with this path and everything below it."""
        return self.filter(path__startswith=path)

    def parks(self, kept: int | None = None) -> Self:
        """Parks in use, and the one that stands there already."""
        return self.filter(models.Q(active=True) | models.Q(pk=kept), kind=Region.Kind.PARK).order_by("code")

    def districts(self) -> Self:
        return self.filter(kind=Region.Kind.DISTRICT).order_by("code")


@history.track(exclude=("version",))
class Region(models.Model):
    """A node of the tree city → districts → towns → villages, or a functional park beside the districts.

    `code` is the 12-digit 统计用区划代码, whose first 6 digits are GB/T 2260. `path` is the chain of codes from
    the root, each followed by "/", so that a subtree is one prefix.
    """

    class Kind(models.TextChoices):
        CITY = "city", "市"
        DISTRICT = "district", "区县"
        PARK = "park", "园区"
        TOWN = "town", "镇街"
        VILLAGE = "village", "村社"

    code = models.CharField("区划代码", max_length=12, unique=True, validators=[RegexValidator(r"^\d{12}$")])
    name = models.CharField("名称", max_length=60)
    kind = models.CharField("类型", max_length=10, choices=Kind.choices)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name="上级"
    )
    path = models.CharField(max_length=120, unique=True, editable=False)
    active = models.BooleanField("启用", default=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = RegionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "区域"
        ordering = ("path",)
        indexes = (models.Index(fields=("path",), name="region_path_prefix", opclasses=("varchar_pattern_ops",)),)
        constraints = (
            models.CheckConstraint(condition=models.Q(code__regex=r"^[0-9]{12}$"), name="region_code_has_12_digits"),
            models.CheckConstraint(
                condition=models.Q(kind="city", parent__isnull=True) | models.Q(parent__isnull=False),
                name="region_only_a_city_is_a_root",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """The path follows from the parent; moving a region with children is the importer's business."""
        self.path = (self.parent.path if self.parent else "") + self.code + "/"
        super().save(*args, **kwargs)

    @property
    def short_code(self) -> str:
        """The GB/T 2260 code of 6 digits, as it stands in the numbers of appeals."""
        return self.code[:6]
