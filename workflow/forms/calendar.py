from __future__ import annotations

import csv
from datetime import date, time
from io import StringIO
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple

from django import forms
from django.db.models import Q
from django.http import QueryDict

from cadres.editing import VersionedForm
from cadres.forms.regions import RegionChoice
from cadres.listing import date_input
from cadres.models import Region
from workflow.calendar_seed import proves_announced
from workflow.models import Holiday, WorkingHours
from workflow.worktime import DayHours

if TYPE_CHECKING:
    from cadres.models import Cadre

NATIONAL: Final = "全国"
KINDS: Final = {"放假": Holiday.Kind.REST, "调休上班": Holiday.Kind.WORK}
LONGEST_NAME: Final = 40
MOST_BYTES: Final = 100_000
STRETCHES: Final = 3


class PlaceField(RegionChoice):
    """Where a day holds: the whole nation, or a place of the administrator's."""

    def limit_to(self, cadre: Cadre) -> None:
        places = Region.objects.administered_by(cadre).active()
        self.queryset = places.filter(kind__in=(Region.Kind.CITY, Region.Kind.DISTRICT)).order_by("path")
        self.required = not cadre.administers_all
        self.empty_label = NATIONAL if cadre.administers_all else None


class HolidayForm(VersionedForm[Holiday]):
    region = PlaceField(Region.objects.none(), label="适用区域", help_text="古尔邦节、肉孜节等地方假日选本地")

    class Meta:
        model = Holiday
        fields = ("day", "kind", "name", "region")
        widgets: ClassVar[dict[str, Any]] = {"day": date_input("日期"), "kind": forms.RadioSelect}

    halves = frozenset({"day", "region"})

    def __init__(self, *args: Any, cadre: Cadre, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        place = self.fields["region"]
        assert isinstance(place, PlaceField)  # noqa: S101 -- declared above
        place.limit_to(cadre)
        self.fields["kind"] = forms.ChoiceField(label="类型", choices=Holiday.Kind.choices, widget=forms.RadioSelect)


class DayOff(NamedTuple):
    day: date
    kind: str
    name: str


class YearForm(forms.Form):
    """A year's days as the announcement lists them, one a line: 2027-10-01,放假,国庆节. They replace that year's."""

    year = forms.IntegerField(label="年份", min_value=2000, max_value=2099)
    region = PlaceField(Region.objects.none(), label="适用区域")
    file = forms.FileField(label="CSV 文件", required=False, help_text="三列：日期、类型（放假或调休上班）、名称")
    text = forms.CharField(
        label="或直接粘贴",
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "placeholder": "2027-10-01,放假,国庆节"}),
    )

    halves = frozenset({"year", "region"})

    def __init__(self, *args: Any, cadre: Cadre, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        place = self.fields["region"]
        assert isinstance(place, PlaceField)  # noqa: S101 -- declared above
        place.limit_to(cadre)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        text = values.get("text") or self._uploaded(values.get("file"))
        if "year" not in values or self.errors:
            return values
        if not text:
            self.add_error("file", "请选择 CSV 文件，或粘贴放假安排。")
            return values
        values["text"] = text
        values["days"] = self._days(text, values["year"])
        announced = any(proves_announced(day.day) for day in values["days"])
        if not self.errors and not values.get("region") and not announced:
            self.add_error(None, f"{values['year']} 年的安排里没有国庆节（10 月 1 日），请核对是否完整。")
        return values

    def _uploaded(self, file: Any) -> str:
        if file is None:
            return ""
        if file.size > MOST_BYTES:
            self.add_error("file", "文件超过 100 KB，一年的放假安排不会有这么大，请核对。")
            return ""
        content = file.read()
        for encoding in ("utf-8-sig", "gb18030"):
            try:
                return str(content.decode(encoding))
            except UnicodeDecodeError:
                continue
        self.add_error("file", "文件不是 UTF-8 或 GB18030 编码的文本，请另存为 CSV 后再上传。")
        return ""

    def _days(self, text: str, year: int) -> list[DayOff]:
        found: dict[date, DayOff] = {}
        for number, line in enumerate(csv.reader(StringIO(text)), start=1):
            cells = [cell.strip() for cell in line]
            if not any(cells) or (number == 1 and cells[0].lstrip("\ufeff") == "日期"):
                continue
            if problem := self._read(cells, year, found):
                self.add_error(None, f"第 {number} 行：{problem}")
        return sorted(found.values())

    def _read(self, cells: list[str], year: int, found: dict[date, DayOff]) -> str:
        """Put one line among the days; what is wrong with it, in words."""
        if len(cells) < len(DayOff._fields):
            return "应有日期、类型、名称三列。"
        try:
            day = date.fromisoformat(cells[0].replace("/", "-"))
        except ValueError:
            return f"“{cells[0][:20]}”不是日期，请写成 {year}-10-01。"
        if cells[1] not in KINDS:
            return f"“{cells[1][:20]}”不是“放假”或“调休上班”。"
        if day.year != year:
            return f"{day} 不在 {year} 年。"
        if day in found:
            return f"{day} 重复。"
        if not cells[2] or len(cells[2]) > LONGEST_NAME:
            return "请填写名称，最多 40 个字。"
        found[day] = DayOff(day, KINDS[cells[1]], cells[2])
        return ""

    def replace(self) -> str:
        """Put the list in the place of the year's present one; what stands already as listed is left alone."""
        year, region = self.cleaned_data["year"], self.cleaned_data["region"]
        wanted = {day.day: day for day in self.cleaned_data["days"]}
        stored = Holiday.objects.select_for_update().filter(day__year=year, region=region)
        same = [row for row in stored if DayOff(row.day, row.kind, row.name) == wanted.get(row.day)]
        kept = {row.day for row in same}
        stored.exclude(pk__in=[row.pk for row in same]).delete()
        Holiday.objects.bulk_create(
            Holiday(region=region, **day._asdict()) for day in wanted.values() if day.day not in kept
        )
        return f"导入 {year} 年{region or NATIONAL}放假安排 {len(wanted)} 天"

    def changes_nothing(self) -> bool:
        year, region = self.cleaned_data["year"], self.cleaned_data["region"]
        stored = Holiday.objects.filter(Q(day__year=year), region=region)
        return {DayOff(row.day, row.kind, row.name) for row in stored} == set(self.cleaned_data["days"])


def _time(label: str) -> forms.TimeField:
    return forms.TimeField(label=label, required=False, widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}))


class HoursForm(forms.Form):
    """Up to three stretches of the working day. What its reader saw comes along, so that the second editor is told."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    halves = frozenset(f"{edge}{number}" for edge in ("starts", "ends") for number in range(1, STRETCHES + 1))

    def __init__(self, data: QueryDict | None) -> None:
        stored = list(WorkingHours.objects.order_by("starts"))
        self.stored = "、".join(map(str, stored))
        initial: dict[str, Any] = {"seen": self.stored}
        for number, row in enumerate(stored, start=1):
            initial |= {f"starts{number}": row.starts, f"ends{number}": row.ends}
        super().__init__(data, initial=initial)
        for number in range(1, STRETCHES + 1):
            self.fields[f"starts{number}"] = _time(f"第 {number} 段开始")
            self.fields[f"ends{number}"] = _time(f"第 {number} 段结束")

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        hours = [(values.get(f"starts{n}"), values.get(f"ends{n}")) for n in range(1, STRETCHES + 1)]
        if any((begin is None) != (end is None) for begin, end in hours):
            self.add_error(None, "每一段都要填写开始和结束。")
        values["hours"] = [(begin, end) for begin, end in hours if begin and end]
        try:
            DayHours(values["hours"])
        except ValueError as problem:
            self.add_error(None, str(problem))
        if values.get("seen") != self.stored:
            self.add_error(None, f"工作时间在你填写期间已由他人改为 {self.stored}，请核对后再次提交。")
            data = QueryDict(mutable=True)
            data.update(self.data)
            data["seen"] = self.stored
            self.data = data
        return values

    def replace(self) -> str:
        wanted: list[tuple[time, time]] = self.cleaned_data["hours"]
        rows = list(WorkingHours.objects.select_for_update().order_by("starts"))
        for row, (begin, end) in zip(rows, wanted, strict=False):
            row.starts, row.ends = begin, end
        WorkingHours.objects.filter(pk__in=[row.pk for row in rows[len(wanted) :]]).delete()
        WorkingHours.objects.bulk_update(rows[: len(wanted)], ["starts", "ends"])
        WorkingHours.objects.bulk_create(WorkingHours(starts=a, ends=b) for a, b in wanted[len(rows) :])
        return "工作时间改为 " + "、".join(f"{a:%H:%M}–{b:%H:%M}" for a, b in wanted)
