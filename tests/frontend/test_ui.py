"""What templates are built from."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django import forms
from django.template import Context, Template
from django.utils import timezone

from cadres.models import Region
from cadres.templatetags import ui
from tests.factories import city

EVENING = datetime(2026, 11, 20, 16, 30, tzinfo=UTC)  # past midnight in China


def render(source: str, **values) -> str:
    return Template("{% load ui %}" + source).render(Context(values))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (2 * 86_400 + 4 * 3_600 + 59, "剩 2天4小时"),
        (3 * 3_600 + 24 * 60, "剩 3小时24分"),
        (59, "剩 0分钟"),
        (-60, "超期 1分钟"),
        (-(86_400 + 2 * 3_600), "超期 1天2小时"),
    ],
)
def test_time_left_reads_as_people_say_it(seconds, words):
    assert ui.words_for(seconds) == words


@pytest.mark.parametrize(
    ("hours", "light", "colour"),
    [(30, "", "green"), (23, "", "yellow"), (30, "yellow", "yellow"), (23, "green", "green"), (-1, "green", "red")],
)
def test_a_countdown_shows_the_servers_light_until_the_deadline_passes(hours, light, colour):
    due_at = timezone.now() + timedelta(hours=hours)
    assert f'class="lamp lamp-{colour}"' in ui.countdown(due_at, light)


def test_a_clock_that_stands_still_is_a_hollow_ring():
    assert ui.countdown(EVENING, "red", "已办结") == '<span class="lamp lamp-grey">已办结</span>'
    assert ui.countdown(None) == '<span class="lamp lamp-grey">—</span>'


@pytest.mark.parametrize(("value", "shown"), [(Decimal("0.9256"), "92.6%"), (0, "0.0%"), (1.0, "100.0%"), (None, "—")])
def test_a_rate_without_denominator_is_a_dash_and_not_zero(value, shown):
    assert ui.pct(value) == shown


def test_instants_are_shown_in_chinese_time():
    assert ui.moment(EVENING) == "2026-11-21 00:30"
    assert ui.short_moment(EVENING) == "11-21 00:30"
    assert ui.day(EVENING) == "2026-11-21"
    assert ui.spoken_day(EVENING) == "11 月 21 日 星期六"
    assert ui.day(date(2026, 1, 2)) == "2026-01-02"
    assert ui.day(None) == ui.moment(None) == ui.short_moment(None) == ui.spoken_day(None) == "—"


def test_zero_is_there_and_nothing_is_a_dash():
    assert [ui.dash(value) for value in (0, "", None, "x", False)] == [0, "—", "—", "x", False]


@pytest.mark.parametrize(
    "source", ["{% tag x %}", "{% lamp 'red' x %}", "{% level 2 x %}", "{% panel x %}{% endpanel %}"]
)
def test_what_people_typed_stays_text(source):
    assert "&lt;b&gt;" in render(source, x="<b>")
    assert "<b>" not in render(source, x="<b>").replace("<b>二级</b>", "")


def test_the_body_of_a_panel_is_escaped_once():
    assert "<p>&lt;</p>" in render("{% panel 'x' %}<p>{{ y }}</p>{% endpanel %}", y="<")


def test_levels_have_their_names():
    assert [name for n in range(5) if (name := ui.LEVELS[n]) in ui.level(n)] == [
        "不督办",
        "一级",
        "二级",
        "三级",
        "四级",
    ]


class Sample(forms.Form):
    manner = forms.ChoiceField(label="方式", widget=forms.RadioSelect, choices=[("a", "实地"), ("b", "电话")])
    name = forms.CharField(label="名称", help_text="全称", max_length=5)
    agreed = forms.BooleanField(label="已告知", required=False)
    secret = forms.CharField(widget=forms.HiddenInput, required=False)


def test_a_refused_field_is_tied_to_its_help_and_its_error():
    form = Sample({"name": "123456"})
    html = render("{% field form.name unit='家' %}", form=form)
    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert 'id="id_name_helptext"' in html
    assert 'aria-invalid="true"' in html
    assert "最多 5 字，现有 6 字" in html
    assert "form-control is-invalid" in html


def test_radios_stay_radios_in_a_fieldset():
    html = render("{% field form.manner %}", form=Sample({"manner": "b"}))
    assert html.count('type="radio"') == 2
    assert "<legend" in html
    assert "checked" in html


class RegionForm(forms.ModelForm):
    class Meta:
        model = Region
        fields = ("kind", "parent")


@pytest.mark.django_db
def test_nothing_chosen_is_said_in_words():
    city()
    html = render("{% field form.kind %}{% field form.parent %}", form=RegionForm())
    assert "---" not in html
    assert html.count(">请选择</option>") == 2


def test_a_hidden_field_has_no_label():
    assert "<label" not in render("{% field form.secret %}", form=Sample())


def test_the_red_box_names_each_field_once_and_links_to_it():
    html = render("{% error_summary form %}", form=Sample({"name": ""}))
    assert "有 2 处需要修改" in html
    assert '<a href="#id_manner_0">方式：请选择</a>' in html
    assert '<a href="#id_name">名称：请填写</a>' in html


def test_the_red_box_numbers_the_rows_of_a_formset():
    rows = forms.formset_factory(Sample)({"form-TOTAL_FORMS": "2", "form-INITIAL_FORMS": "0", "form-1-name": "x"})
    html = render("{% error_summary rows row_label='诉求' %}", rows=rows)
    assert '<a href="#id_form-1-manner_0">诉求 2：方式：请选择</a>' in html


def test_nothing_is_said_of_a_form_without_errors():
    assert "errsum" not in render("{% error_summary form %}", form=Sample())
