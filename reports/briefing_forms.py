"""Forms of the bulletins: the text, a correction, the list of recipients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.http import QueryDict
from django.utils.dateparse import parse_datetime

from cadres import audience
from cadres.models import Cadre
from cadres.roles import Role
from reports import redaction
from reports.models import Recipient

if TYPE_CHECKING:
    from datetime import datetime

    from reports.models import Briefing, Edit

LONGEST: Final = 5_000


class TextForm(forms.Form):
    """The text of a draft. It knows what its reader saw: the reading of the data, and the number of the edit."""

    text = forms.CharField(
        label="正文", max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 16}), help_text="一行一段。"
    )
    figures = forms.CharField(
        label="改动数字的说明",
        max_length=200,
        required=False,
        help_text="正文中的数字与生成的不同时必填，连同差异一起印在通报上。",
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    seen_at = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, issue: Briefing, last: Edit | None, data: QueryDict | None = None) -> None:
        self.issue = issue
        initial = {
            "text": last.text if last else issue.text,
            "figures": last.figures if last else "",
            "seen": last.number if last else 0,
            "seen_at": issue.made_at.isoformat(),
        }
        super().__init__(data, initial=initial)

    def clean_text(self) -> str:
        lines = (line.strip() for line in self.cleaned_data["text"].splitlines())
        return "\n".join(line for line in lines if line)

    def clean_seen_at(self) -> datetime | None:
        try:
            return parse_datetime(self.cleaned_data["seen_at"])
        except ValueError:
            return None

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        changed = redaction.figures_changed(self.issue.text, values.get("text", self.issue.text))
        if changed and not values.get("figures"):
            self.add_error("figures", f"正文的数字与生成的不同（{'；'.join(changed)}），请说明原因，或改回原来的数字")
        return values

    def show(self, last: Edit | None) -> None:
        """After somebody else's edit: keep what was typed, and let the next saving start from what there is now."""
        data = QueryDict(mutable=True)
        data.update(self.data)
        data["seen"], data["seen_at"] = str(last.number if last else 0), self.issue.made_at.isoformat()
        self.data = data


class CorrectionForm(forms.Form):
    what = forms.CharField(
        label="更正内容和原因",
        min_length=10,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="哪些数据错了，为什么错，至少 10 个字。",
    )
    asked_by = forms.CharField(label="提出更正的单位或人员", max_length=60)
    approved_by = forms.ModelChoiceField(Cadre.objects.none(), label="批准更正的领导", empty_label="请选择")

    def __init__(self, issue: Briefing, data: QueryDict | None = None) -> None:
        super().__init__(data)
        leaders = audience.holders(Role.LEADER, issue.region)
        self.fields["approved_by"].queryset = (  # type: ignore[attr-defined]
            Cadre.objects.filter(pk__in=leaders).select_related("department").order_by("pk")
        )


class RecipientForm(forms.Form):
    """Somebody to be put on a region's list, by username or by a name that only one has."""

    who = forms.CharField(label="接收人", max_length=60, help_text="姓名或用户名")

    def __init__(self, cadre: Cadre, data: QueryDict | None = None) -> None:
        self.cadre = cadre
        super().__init__(data)

    def clean_who(self) -> Cadre:
        who = self.cleaned_data["who"].strip()
        region = self.cadre.region
        known = Cadre.objects.active().filter(department__region__path__startswith=region.path if region else "-")
        found: list[Cadre] = list(known.filter(username=who)) or list(known.filter(name=who)[:2])
        if not found:
            raise forms.ValidationError("本辖区没有这个姓名或用户名的在用干部")
        if len(found) > 1:
            raise forms.ValidationError("有几位同名的干部，请填用户名")
        if Recipient.objects.current(region).filter(cadre=found[0]).exists():  # type: ignore[arg-type]
            raise forms.ValidationError("已经在发送名单中")
        return found[0]
