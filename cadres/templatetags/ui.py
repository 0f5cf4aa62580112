"""What templates are built from: {% load ui %}."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django import forms, template
from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS
from django.db.models.fields import BLANK_CHOICE_DASH
from django.http import HttpRequest
from django.template.context import Context
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import slugify

from cadres.listing import Listing, changed_query

register = template.Library()

DASH: Final = "—"
DJANGO_BLANK: Final = BLANK_CHOICE_DASH[0][1]
UNCHOSEN: Final = "请选择"
LEVELS: Final = ("不督办", "一级", "二级", "三级", "四级")


@register.simple_tag
def icon(name: str, classes: str = "") -> SafeString:
    """An icon of the sprite; decoration, so the words must stand beside it."""
    return format_html(
        '<svg class="ico {}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        classes,
        static("img/icons.svg"),
        name,
    )


@register.simple_tag
def ledger_of(listing: Listing) -> str:
    """Where the list on this page is exported, "" where it can't be or its reader may not."""
    match = listing.request.resolver_match
    ledger = settings.LIST_LEDGERS.get(match.view_name) if match else None
    if not ledger or listing.complaints or not listing.request.user.has_perm("reports.export_ledger"):
        return ""
    return reverse("reports:ledger_new", args=(ledger,))


@register.simple_tag
def lamp(light: str, words: str) -> SafeString:
    """A lamp: colour, shape and words. `light`: green, yellow, red, grey."""
    return format_html('<span class="lamp lamp-{}">{}</span>', light or "grey", words)


@register.simple_tag
def countdown(due_at: datetime | None, light: str = "", settled: str = "", *, provisional: bool = False) -> SafeString:
    """Time left until `due_at`, ticking by the server's clock.

    `light` (green, yellow, red) is what the server decided; it stays until the deadline passes. Without it yellow
    begins 24 hours before. `settled`: the clock stands still, and these words are shown beside a hollow ring.
    `provisional`: the year's days off are not announced yet, so that the deadline may move (暂定).
    """
    if settled or due_at is None:
        return lamp("grey", settled or DASH)
    now = timezone.now()
    seconds = (due_at - now).total_seconds()
    shown = "red" if seconds < 0 else light or ("yellow" if seconds < 86_400 else "green")
    return format_html(
        '<time class="lamp lamp-{}" datetime="{}" data-deadline="{}" data-light="{}" title="期限 {}">{}</time>{}',
        shown,
        due_at.isoformat(),
        due_at.isoformat(),
        light,
        moment(due_at),
        words_for(seconds),
        format_html(" {}", tag("暂定", "yellow")) if provisional else "",
    )


def words_for(seconds: float) -> str:
    """剩 2天4小时, 剩 3小时24分, 超期 1天2小时: the same words as static/js/countdown.js."""
    minutes = int(abs(seconds) // 60)
    days, hours, rest = minutes // 1440, minutes % 1440 // 60, minutes % 60
    if days:
        span = f"{days}天{hours}小时"
    elif hours:
        span = f"{hours}小时{rest}分"
    else:
        span = f"{rest}分钟"
    return f"{'超期' if seconds < 0 else '剩'} {span}"


@register.simple_tag
def level(value: int, place: str = "") -> SafeString:
    """The badge of 督办级别 0–4; `place`: the outlined half, who is in charge (街道, 区县, 市级)."""
    half = format_html("<span>{}</span>", place) if place else ""
    return format_html('<span class="lv lv-{}"><b>{}</b>{}</span>', value, LEVELS[value], half)


@register.simple_tag
def tag(text: str, colour: str = "grey") -> SafeString:
    """A soft label. `colour`: red, orange, yellow, green, blue, grey."""
    return format_html('<span class="tag tag-{}">{}</span>', colour or "grey", text)


@register.filter
def dash(value: Any) -> Any:
    """An em dash for what isn't there; 0 is there."""
    return DASH if value is None or value == "" else value


@register.filter
def pct(value: float | Decimal | None, digits: int = 1) -> str:
    """92.6% from 0.926; an em dash where the denominator was zero."""
    return DASH if value is None else f"{Decimal(value) * 100:.{digits}f}%"


@register.filter
def day(value: date | datetime | None) -> str:
    """2026-11-20."""
    return DASH if value is None else f"{_local(value):%Y-%m-%d}"


@register.filter
def moment(value: datetime | None) -> str:
    """2026-11-20 10:12."""
    return DASH if value is None else f"{_local(value):%Y-%m-%d %H:%M}"


@register.filter
def short_moment(value: datetime | None) -> str:
    """11-20 10:12."""
    return DASH if value is None else f"{_local(value):%m-%d %H:%M}"


@register.filter
def spoken_day(value: date | datetime | None) -> str:
    """11 月 20 日 星期五."""
    if value is None:
        return DASH
    local = _local(value)
    return f"{local.month} 月 {local.day} 日 星期{'一二三四五六日'[local.weekday()]}"


def _local(value: date | datetime) -> date | datetime:
    return timezone.localtime(value) if isinstance(value, datetime) and timezone.is_aware(value) else value


@register.filter
def lookup(mapping: Any, key: Any) -> Any:
    """mapping[key], or "" where it isn't."""
    return mapping.get(key, "") if hasattr(mapping, "get") else ""


@register.simple_tag(takes_context=True)
def query(context: Context, **changes: Any) -> str:
    """The page's query with some parameters replaced: href="{% query page=2 %}"; None takes one away."""
    request: HttpRequest = context["request"]
    return changed_query(request.GET, **changes)


@register.inclusion_tag("components/sort_head.html")
def sort_head(listing: Listing, name: str, label: str, classes: str = "") -> dict[str, Any]:
    """A column's <th> that sorts the list by `name`, and turns round when it is the order already."""
    up, down = listing.sort == name, listing.sort == f"-{name}"
    return {
        "label": label,
        "classes": classes,
        "order": "ascending" if up else "descending" if down else "",
        "query": listing.query(sort=f"-{name}" if up else name, page=None),
    }


def _word_blank(field: forms.Field) -> None:
    """Django's own dashes for "nothing chosen" become a word; what a form says itself stays."""
    if isinstance(field, forms.ModelChoiceField):
        if field.empty_label == DJANGO_BLANK:
            field.empty_label = UNCHOSEN
            field.widget.choices = field.choices
        return
    choices = list(getattr(field.widget, "choices", ()))
    if choices and choices[0] == ("", DJANGO_BLANK):
        field.widget.choices = [("", UNCHOSEN), *choices[1:]]


@register.inclusion_tag("components/field.html")
def field(bound: forms.BoundField, width: str = "", unit: str = "") -> dict[str, Any]:
    """One form field: label above, help and error below; radios become a segmented control.

    `width`: "half" puts two fields side by side; `unit`: 人, %, kWh behind the input.
    """
    widget = bound.field.widget
    is_group = isinstance(widget, forms.CheckboxSelectMultiple)  # a kind of RadioSelect to Django
    if is_group:
        widget.attrs["class"] = "form-check-input"
    if isinstance(widget, forms.Select):
        _word_blank(bound.field)
    return {
        "field": bound,
        "width": width,
        "unit": unit,
        "is_hidden": bound.is_hidden,
        "is_segmented": isinstance(widget, forms.RadioSelect) and not is_group,
        "is_group": is_group,
        "is_select": isinstance(widget, forms.Select),
        "is_tick": isinstance(widget, forms.CheckboxInput),
    }


@register.inclusion_tag("components/error_summary.html")
def error_summary(*parts: forms.BaseForm | forms.BaseFormSet[Any] | None, row_label: str = "第") -> dict[str, Any]:
    """The red box above a form that was refused, each line a link to its field. Rows: “诉求 3：请选择类别”."""
    lines = [line for part in parts if part is not None for line in error_lines(part, row_label)]
    return {"lines": lines}


def error_lines(part: forms.BaseForm | forms.BaseFormSet[Any], row_label: str) -> Iterable[tuple[str, str]]:
    """(sentence, id of the field) for each error of a form or formset."""
    if isinstance(part, forms.BaseFormSet):
        yield from ((str(error), "") for error in part.non_form_errors())
        label = getattr(part, "row_label", row_label)
        for number, row in enumerate(part.forms, start=1):
            yield from ((f"{label} {number}：{text}", anchor) for text, anchor in error_lines(row, label))
        return
    for name, errors in part.errors.items():
        if name == NON_FIELD_ERRORS:
            yield from ((str(error), "") for error in errors)
            continue
        bound = part[name]
        anchor = f"{bound.auto_id}_0" if isinstance(bound.field.widget, forms.RadioSelect) else bound.auto_id
        yield from ((f"{bound.label}：{error}", anchor) for error in errors)


@register.simple_tag
def htmx_config() -> str:
    """htmx's settings for the meta tag: no eval, no inline styles, 422 swapped in."""
    return json.dumps(
        {
            "includeIndicatorStyles": False,
            "allowEval": False,
            "selfRequestsOnly": True,
            "historyCacheSize": 0,
            "historyRestoreAsHxRequest": False,
            "refreshOnHistoryMiss": True,
            "responseHandling": [
                {"code": "204", "swap": False},
                {"code": "[23]..", "swap": True},
                {"code": "422", "swap": True},
                {"code": "[45]..", "swap": False, "error": True},
            ],
        }
    )


@register.simple_tag
def crumb(label: str, url_name: str, *args: Any) -> SafeString:
    """One step of the breadcrumbs. A list is gone back to with the filters it was left with."""
    return format_html('<li><a href="{}" data-back>{}</a></li>', reverse(url_name, args=args), label)


@register.simple_tag
def row_number(listing: Listing, counter: int) -> int:
    """序号 of a row, counting on across pages: {% row_number listing forloop.counter %}."""
    return listing.offset + counter


@register.inclusion_tag("components/stat.html")
def stat(label: str, value: Any, unit: str, *, url: str, icon: str, colour: str = "blue") -> dict[str, Any]:
    """A number that leads to its rows. `colour`: blue, yellow, red, green."""
    return {"label": label, "value": value, "unit": unit, "url": url, "icon_name": icon, "colour": colour}


@register.inclusion_tag("components/kpi.html")
def kpi(label: str, value: Any, unit: str = "", *, note: str = "", url: str = "", hero: bool = False) -> dict[str, Any]:
    """An indicator: label, number and unit, a note such as “较昨日 +1.8 个百分点”."""
    return {"label": label, "value": value, "unit": unit, "note": note, "url": url, "hero": hero}


@register.simple_block_tag
def panel(
    content: str,
    heading: str,
    *,
    count: int | None = None,
    aside: str = "",
    url: str = "",
    link: str = "",
    flush: bool = False,
    classes: str = "",
) -> str:
    """A white box with a heading: {% panel "办理过程" aside="最新在前" %}…{% endpanel %}.

    `url` and `link` put a link at the right of the heading; `flush` leaves out the padding, for tables and lists.
    """
    return render_to_string(
        "components/panel.html",
        {
            "content": content,
            "heading": heading,
            "anchor": f"h-{slug(heading)}",
            "count": count,
            "aside": aside,
            "url": url,
            "link": link,
            "flush": flush,
            "classes": classes,
        },
    )


@register.simple_block_tag
def card(content: str, heading: str, *, number: int | None = None, aside: str = "") -> str:
    """A section of a form: {% card "走访情况" number=2 %}<div class="fields">…</div>{% endcard %}."""
    values = {"content": content, "heading": heading, "anchor": f"h-{slug(heading)}", "number": number, "aside": aside}
    return render_to_string("components/card.html", values)


def slug(text: str) -> str:
    return slugify(text, allow_unicode=True)
