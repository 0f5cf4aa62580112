from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q

from cadres.editing import VersionedForm
from cadres.listing import date_input
from cadres.models import Region
from cadres.search import normalise
from enterprises.models import Campaign, Enterprise

if TYPE_CHECKING:
    from cadres.models import Cadre

TITLES: Final = ("特派专员", "驻企联企服务员", "企业服务官", "人大代表")
ALL_IF_EMPTY: Final = "都不勾选即不限"


def _ticks(label: str, choices: Any) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label,
        choices=choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=ALL_IF_EMPTY,
    )


class CampaignForm(VersionedForm[Campaign]):
    """A campaign, for regions of the cadre's own scope: the city and its districts."""

    official_title = forms.CharField(
        label="干部称谓", max_length=20, help_text=f"如{'、'.join(TITLES)}", initial=TITLES[0]
    )
    regions = forms.ModelMultipleChoiceField(
        Region.objects.none(), label="区域", widget=forms.CheckboxSelectMultiple, help_text="选上级区域即含其全部下级"
    )
    kinds = _ticks("主体类型", Enterprise.Kind.choices)
    sizes = _ticks("规模", Enterprise.Size.choices)
    categories = _ticks("统计类别", Enterprise.Category.choices)
    key_lists = _ticks("重点名单", Enterprise.KeyList.choices)

    class Meta:
        model = Campaign
        fields = (
            "name",
            "official_title",
            "starts_on",
            "ends_on",
            "regions",
            "contact_every_days",
            "kinds",
            "sizes",
            "categories",
            "key_lists",
        )
        widgets = {  # noqa: RUF012 -- Django declares it so
            "starts_on": date_input("起始日期"),
            "ends_on": date_input("终止日期"),
        }
        help_texts = {"ends_on": "长期开展的可不填"}  # noqa: RUF012
        error_messages = {"name": {"unique": "已有同名的专项行动，请换一个名称"}}  # noqa: RUF012

    def __init__(self, *args: Any, cadre: Cadre, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        regions: Any = self.fields["regions"]
        offered = Q(kind__in=(Region.Kind.CITY, Region.Kind.DISTRICT)) | Q(path=cadre.region_scope)
        kept = Q(pk__in=self.instance.regions.values("pk")) if self.instance.pk else Q(pk__in=())
        regions.queryset = (
            Region.objects.visible_to(cadre).filter(offered).filter(Q(active=True) | kept).order_by("path")
        )
        self.fields["contact_every_days"].validators += [MinValueValidator(1), MaxValueValidator(366)]

    def clean_name(self) -> str:
        return normalise(self.cleaned_data["name"])
