"""Sample pages: every layout and component once, with invented content, for the eye, for axe and for the tests."""

import time
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone

from cadres.http import CadreRequest, posted
from cadres.listing import FilterForm, Tab, build
from cadres.models import Region

LONG = "江北远大食品加工与冷链物流配送（集团）股份有限公司澜北区第二分公司<b>'𠮷"

# ruff: noqa: E501 -- one appeal to a line
# title, category, number, enterprise, district, level, place, unit, person, hours left, light, state, colour
APPEALS = [
    ("跨区运输车辆通行受阻，3 批原料滞留收费站", "物流运输", "SQ20261118-0032", LONG, "江北区", 3, "市级", "市交通运输局", "赵明", -26, "red", "办理中", "blue"),
    ("外地员工返岗 86 人无法安排包车", "用工社保", "SQ20261117-0019", "澜川市蓝海船舶配件厂", "临港区", 4, "", "市人社局", "钱晓东", -3.2, "red", "待审核", "yellow"),
    ("流动资金贷款 500 万元续贷未批", "融资信贷", "SQ20261119-0007", "东湖恒信纺织印染有限公司", "东湖区", 2, "区县", "东湖区金融办", "", 3.4, "yellow", "待签收", "orange"),
    ("员工宿舍用电增容申请超过 5 个工作日", "水电气热", "SQ20261118-0041", "江北宏达汽车零部件有限公司", "江北区", 2, "区县", "江北区供电公司", "孙雯", 8.7, "yellow", "办理中", "blue"),
    ("上游铝锭供应商停产，库存仅够 4 天", "原材料供应链", "SQ20261119-0015", "澜川华盛精密制造有限公司", "高新区", 1, "区县", "高新区经发局", "李伟", 21.5, "green", "待确认", "yellow"),
    ("防护口罩日缺口 1200 只", "防疫物资通行", "SQ20261119-0021", "澜川同济医疗器械股份有限公司", "高新区", 0, "", "科创街道", "", 26, "green", "已销号", "green"),
]  # fmt: skip
KEYS = ("title", "category", "number", "enterprise", "district", "level", "place", "unit", "person", "hours", "light", "state", "colour")  # fmt: skip


def sample(index: int) -> dict[str, Any]:
    values = dict(zip(KEYS, APPEALS[index % len(APPEALS)], strict=True))
    return values | {"due_at": timezone.now() + timedelta(hours=values["hours"], minutes=1)}


class RegionFilter(FilterForm):
    dates = "登记日期"

    q = forms.CharField(label="关键词", max_length=20)
    status = forms.ChoiceField(label="状态", choices=[("", "全部"), ("open", "在办"), ("closed", "已办结")])
    region = forms.ModelChoiceField(Region.objects.all(), label="区县", to_field_name="code", empty_label="全部")
    level = forms.TypedChoiceField(
        label="督办级别", coerce=int, empty_value=None, choices=[("", "全部"), ("1", "一级"), ("2", "二级")]
    )
    category = forms.CharField(label="类别")
    urgency = forms.CharField(label="紧急程度")
    lead = forms.CharField(label="主办单位")
    triage = forms.CharField(label="研判")
    light = forms.ChoiceField(widget=forms.HiddenInput, label="时限", choices=[("", "全部"), ("red", "已超期")])

    def narrow(self, queryset: Any, values: dict[str, Any]) -> Any:
        if values["q"]:
            queryset = queryset.filter(name__contains=values["q"])
        if values["region"]:
            queryset = queryset.filter(path__startswith=values["region"].path)
        if values["light"]:
            queryset = queryset.none()
        return queryset


SORTS = {"due": ("code",), "name": ("name",)}


def appeals(request: CadreRequest) -> HttpResponse:
    listing = build(request, Region.objects.all(), RegionFilter(request.GET, cadre=request.user), sorts=SORTS, size=10)
    for index, row in enumerate(listing.rows):
        row.shown = sample(index)
    tabs = listing.tabs("light", [Tab("", "全部", 46), Tab("red", "已超期", 7, hot=True)])
    context = {"title": "升级督办", "tabs": tabs}
    return listing.render("shown/appeals.html", context, toolbar=True)


class NameFilter(FilterForm):
    q = forms.CharField(label="关键词", max_length=20)

    def narrow(self, queryset: Any, values: dict[str, Any]) -> Any:
        return queryset.filter(name__contains=values["q"]) if values["q"] else queryset


def regions(request: CadreRequest) -> HttpResponse:
    scope = Region.objects.visible_to(request.user).select_related("parent")
    listing = build(request, scope, NameFilter(request.GET, cadre=request.user), sorts={"name": ("name",)})
    return listing.render("shown/regions.html", {"title": "企业名录"})


def nothing(request: CadreRequest) -> HttpResponse:
    form = NameFilter(request.GET, cadre=request.user)
    return build(request, Region.objects.none(), form, sorts=SORTS).render("shown/regions.html", {"title": "空"})


def appeal(request: CadreRequest, pk: int) -> HttpResponse:
    if pk != 1:
        raise Http404
    now = timezone.now()
    steps = [
        ("登记", "done"),
        ("受理转办", "done"),
        ("签收", "done"),
        ("办理", "current"),
        ("审核", "todo"),
        ("销号", "todo"),
    ]
    entries = [
        ("市督查室催办", "郑海燕", "请市交通运输局今日 12:00 前反馈办理结果。", "bolt", "red"),
        ("超期自动升级至三级督办", "系统", "", "stairs-up", ""),
        ("转办市交通运输局", "钱志远", "已联系收费站，通行证需市级发放。", "send", ""),
        ("受理", "吴婷", "", "check", "green"),
    ]
    context = {
        "title": LONG + "车辆通行受阻",
        "row": sample(0),
        "steps": [SimpleNamespace(label=label, state=state, note="11-18 08:12 王晓敏") for label, state in steps],
        "facts": [
            ("企业", LONG, "/enterprises/"),
            ("所属区县", "江北区"),
            ("诉求类别", "物流运输"),
            ("来源", "走访（11-18）"),
            ("联系人", "李红梅 138****2210"),
            ("协办单位", ""),
        ],
        "entries": [
            SimpleNamespace(title=title, who=who, text=text, icon=icon, colour=colour, when=now)
            for title, who, text, icon, colour in entries
        ],
    }
    return render(request, "shown/appeal.html", context)


class VisitForm(forms.Form):
    visit_id = forms.CharField(widget=forms.HiddenInput, initial="a1")
    manner = forms.ChoiceField(
        label="走访方式", widget=forms.RadioSelect, choices=[("site", "实地"), ("phone", "电话"), ("video", "视频")]
    )
    at = forms.DateTimeField(label="走访时间", widget=forms.DateTimeInput(attrs={"type": "datetime-local"}))
    state = forms.ChoiceField(
        label="复工状态",
        widget=forms.RadioSelect,
        choices=[("full", "全面复工"), ("part", "部分复工"), ("none", "未复工")],
        error_messages={"required": "请选择复工状态"},
    )
    on_duty = forms.IntegerField(label="在岗人数", help_text="职工总数 240 人，上次 131 人")
    capacity = forms.IntegerField(label="产能利用率", max_value=200, help_text="上次 55%")
    explained = forms.BooleanField(label="已宣讲惠企政策", required=False)
    photo = forms.FileField(label="现场照片", required=False)
    suggestions = forms.CharField(label="意见建议", required=False, widget=forms.Textarea(attrs={"rows": 3}))


class AppealForm(forms.Form):
    category = forms.ChoiceField(label="诉求类别", choices=[("", "请选择"), ("a", "物流运输")])
    urgency = forms.ChoiceField(
        label="紧急程度", widget=forms.RadioSelect, choices=[("c", "一般"), ("b", "紧急"), ("a", "特急")], initial="c"
    )
    text = forms.CharField(label="诉求内容", widget=forms.Textarea(attrs={"rows": 2}))


AppealForms = forms.formset_factory(AppealForm, extra=0, can_delete=True)


POSTED: list[QueryDict] = []


def visit(request: CadreRequest) -> HttpResponse:
    data = posted(request)
    form = VisitForm(data)
    rows = AppealForms(data, prefix="appeals", initial=None if data else [{"category": "a"}])
    if request.method == "POST":
        POSTED.append(request.POST.copy())
    if request.method == "POST" and form.is_valid() and rows.is_valid():
        time.sleep(0.3)
        messages.success(request, "走访已提交，编号 ZF20261120-0001")
        return redirect("visits:list")
    context = {"title": "走访登记", "form": form, "rows": rows, "submit_label": "提交走访", "cancel_url": "/"}
    return render(request, "shown/visit.html", context, status=422 if data else 200)


DRAFTS: list[str] = []


def draft(request: CadreRequest) -> HttpResponse:
    DRAFTS.append(request.POST["suggestions"])
    return HttpResponse(status=204)


def workbench(request: CadreRequest) -> HttpResponse:
    context = {
        "title": "我的工作台",
        "now": timezone.now(),
        "todos": [
            ("09:30", "走访", "blue", LONG, "已 18 天未走访，上次反映用电增容问题", "记走访"),
            (
                "10:30",
                "回访",
                "green",
                "澜川同济医疗器械股份有限公司",
                "诉求“口罩缺口”已办结，需确认企业是否满意",
                "去回访",
            ),
            ("全天", "补正", "red", "江北远大食品加工有限公司", "诉求 SQ20261118-0032 被市交通局退回补正", "去补正"),
        ],
        "due": [sample(index) for index in range(5)],
        "enterprises": [sample(index) for index in range(4)],
    }
    return render(request, "shown/workbench.html", context)


def free(request: CadreRequest) -> HttpResponse:
    return render(request, "layouts/page.html", {"title": "走访记录"})


def ask(request: CadreRequest) -> HttpResponse:
    context = {
        "title": "批量转办",
        "question": "确认把 3 件诉求转办给市人社局？",
        "verb": "确认转办 3 件",
        "cancel_url": "/",
    }
    return render(request, "layouts/confirm.html", context)


URGED: list[str] = []


def urge(request: CadreRequest) -> HttpResponse:
    URGED.extend(request.POST.getlist("pk"))
    messages.success(request, f"已催办 {len(request.POST.getlist('pk'))} 件")
    return redirect("appeals:list")


def refuse(request: CadreRequest) -> HttpResponse:
    raise PermissionDenied("只有承办人可以签收这件诉求。")


def divide_by_nothing() -> None:
    raise ZeroDivisionError


FAILS: Callable[[], None] = divide_by_nothing


def fail(request: CadreRequest) -> HttpResponse:
    """What fails may be noticed only when the session is stored."""
    FAILS()
    request.session["failed"] = False
    return HttpResponse("nothing failed")
