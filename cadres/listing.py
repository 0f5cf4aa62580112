"""The one machinery of list pages: filter, sort, count, page, render.

    class EnterpriseFilter(FilterForm):
        dates = "成立日期"  # adds the fields "from" and "to"
        q = forms.CharField(label="关键词", max_length=60)
        region = forms.ModelChoiceField(Region.objects.none(), label="区县", to_field_name="code", empty_label="全部")

        def limit(self) -> None:
            self.fields["region"].queryset = Region.objects.visible_to(self.cadre).districts()

        def narrow(self, queryset, values):
            if values["q"]:
                queryset = queryset.matching(values["q"])
            if values["region"]:
                queryset = queryset.in_region(values["region"])
            return queryset

    def enterprise_list(request: CadreRequest) -> HttpResponse:
        scope = Enterprise.objects.visible_to(request.user).select_related("region")
        form = EnterpriseFilter(request.GET, cadre=request.user)
        listing = build(request, scope, form, sorts={"visit": ("last_contact_on",), "name": ("name",)})
        return listing.render("enterprises/enterprise_list.html")

The template extends layouts/list.html and defines the partials `head` and `row`; an htmx request for the list region
gets that region alone. Whatever is unknown or malformed in the address (a filter's name or value, the sort, the page)
becomes a sentence above an empty table: never a 500, never silently everything.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, NamedTuple

from django import forms
from django.db.models import QuerySet
from django.db.models.expressions import OrderBy
from django.db.models.sql.where import WhereNode
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from cadres.among import among
from cadres.counting import Count
from cadres.http import CadreRequest
from cadres.models import Cadre

Sorts = Mapping[str, Sequence[str | OrderBy]]

COUNTED_TO: Final = 1_000
DEEPEST_ROW: Final = 10_000
PAGE_SIZE: Final = 20
PAGES_SHOWN_BESIDE: Final = 2
FIELDS_SHOWN: Final = 7
OWN_PARAMETERS: Final = frozenset({"sort", "page"})
# What a request for the list region alone names as its target: the region, or its rows for “加载更多”.
TARGETS: Final = frozenset({"list", "rows"})


class FilterForm(forms.Form):
    """Filters of a list, read from the address. No field is required, whatever it declares."""

    dates: ClassVar[str] = ""
    # Fields that the view fills in where nobody asks for them; they don't count as narrowing.
    filled_in: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, data: QueryDict, *, cadre: Cadre) -> None:
        self.cadre = cadre
        super().__init__(data)
        if self.dates:
            self.fields["from"] = forms.DateField(label=self.dates, widget=date_input("起始日期"))
            self.fields["to"] = forms.DateField(label=f"{self.dates}截止", widget=date_input("截止日期"))
        for bound in self.fields.values():
            bound.required = False
        self.limit()

    def limit(self) -> None:
        """Cut the choices of fields to the cadre's scope."""

    def narrow(self, queryset: Any, values: dict[str, Any]) -> Any:
        """Apply the filters that are set; `values` holds every field."""
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        first, last = values.get("from"), values.get("to")
        if first and last and first > last:
            self.add_error("from", "起始日期晚于截止日期")
        return values

    def complaints(self) -> list[str]:
        """What is wrong with the filters, as sentences."""
        unknown = sorted(set(self.data) - set(self.fields) - OWN_PARAMETERS)
        found = [f"没有“{name[:30]}”这个筛选条件" for name in unknown]
        for name, errors in self.errors.items():
            label = self.fields[name].label if name in self.fields else ""
            found += [f"{label}：{error}" if label else str(error) for error in errors]
        return found

    @property
    def goes_through(self) -> bool:
        """True where so many rows are found that the list is gone through in its order, once for a page and the count.

        An index of words collects every row that has them before the first is shown.
        """
        return False

    @property
    def is_narrowed(self) -> bool:
        """True if any filter is set, so that an empty list can offer to clear them."""
        return any(self.data.get(name) for name in self.fields if name not in self.filled_in)

    @property
    def set_count(self) -> int:
        """How many of the fields that can be seen are set."""
        shown = (cell.name for cell in self.visible_fields())
        return sum(1 for name in shown if self.data.get(name) and name not in self.filled_in)

    @property
    def shown(self) -> list[forms.BoundField]:
        """Fields that are always seen. The end of a date range stands beside its beginning."""
        return self._cells[:FIELDS_SHOWN]

    @property
    def folded(self) -> list[forms.BoundField]:
        """Fields behind “展开”."""
        return self._cells[FIELDS_SHOWN:]

    @property
    def is_unfolded(self) -> bool:
        return any(self.data.get(cell.name) for cell in self.folded)

    @property
    def to_cell(self) -> forms.BoundField:
        return self["to"]

    @property
    def _cells(self) -> list[forms.BoundField]:
        return [cell for cell in self.visible_fields() if cell.name != "to"]


class Tab(NamedTuple):
    """A status tab above the filters; `value` goes into the parameter that the tabs are about."""

    value: str
    label: str
    total: int | None = None
    hot: bool = False


@dataclass(frozen=True)
class TabLink:
    label: str
    query: str
    count: str
    hot: bool
    current: bool


@dataclass
class Listing:
    """One page of a list, and how to show it."""

    request: CadreRequest
    form: FilterForm
    rows: list[Any]
    number: int
    size: int
    counted: int
    has_next: bool
    sort: str
    sorts: Sorts
    complaints: list[str] = field(default_factory=list)

    @property
    def is_counted(self) -> bool:
        return self.counted <= COUNTED_TO

    @property
    def count_text(self) -> str:
        return count_text(self.counted)

    @property
    def offset(self) -> int:
        """How many rows stand before this page; 序号 counts on from here."""
        return (self.number - 1) * self.size

    @property
    def remaining(self) -> int | None:
        """How many rows follow this page; None beyond the count."""
        return self.counted - self.offset - len(self.rows) if self.is_counted else None

    @property
    def last(self) -> int | None:
        """Number of the last page; None beyond the count."""
        return max(1, -(-self.counted // self.size)) if self.is_counted else None

    @property
    def pages(self) -> list[int | None]:
        """Page numbers to offer, None for a gap: 1 … 4 5 [6] 7 8 … 50."""
        last = self.last or self.number + (PAGES_SHOWN_BESIDE if self.has_next else 0)
        near = range(max(1, self.number - PAGES_SHOWN_BESIDE), min(last, self.number + PAGES_SHOWN_BESIDE) + 1)
        wanted = sorted({1, *near, last})
        shown: list[int | None] = []
        for page in wanted:
            if shown and shown[-1] is not None and page - shown[-1] > 1:
                shown.append(None)
            shown.append(page)
        return shown if self.is_counted or not self.has_next else [*shown, None]

    @property
    def filter_query(self) -> str:
        """What the list is narrowed by, without sort and page; "" where it isn't."""
        return changed_query(self.request.GET, sort=None, page=None).removeprefix("?")

    def query(self, **changes: str | int | None) -> str:
        """The address's query with some parameters changed or, with None, taken away; "?" where nothing is left."""
        return changed_query(self.request.GET, **changes)

    def tabs(self, name: str, tabs: Iterable[Tab]) -> list[TabLink]:
        """Links that set the filter `name`, which the form must have as a field."""
        now = self.request.GET.get(name, "")
        return [
            TabLink(
                label=tab.label,
                query=self.query(**{name: tab.value or None, "page": None}),
                count="" if tab.total is None else count_text(tab.total),
                hot=tab.hot and bool(tab.total),
                current=tab.value == now,
            )
            for tab in tabs
        ]

    def render(
        self,
        template: str,
        context: Mapping[str, Any] | None = None,
        *,
        toolbar: bool = False,
        summary: bool = False,
    ) -> HttpResponse:
        """The whole page, or the list region alone where htmx asks for it.

        `toolbar`, `summary`: the template also defines the partial of that name, shown above the table.
        """
        htmx = self.request.htmx
        is_part = bool(htmx) and htmx.target in TARGETS and not htmx.history_restore_request
        values = {
            **(context or {}),
            "listing": self,
            "filter": self.form,
            "head_template": f"{template}#head",
            "row_template": f"{template}#row",
            "toolbar_template": f"{template}#toolbar" if toolbar else "",
            "summary_template": f"{template}#summary" if summary else "",
            "is_part": is_part,
        }
        response = render(self.request, "components/list_body.html" if is_part else template, values)
        patch_vary_headers(response, ("HX-Request", "HX-Target"))
        return response


def build(
    request: CadreRequest,
    scope: QuerySet[Any],
    form: FilterForm,
    *,
    sorts: Sorts,
    default_sort: str = "",
    size: int = PAGE_SIZE,
) -> Listing:
    """Filter, sort, count and cut a scoped queryset by the request's address. One query, and those of prefetches.

    Two where a list is gone through (see FilterForm).

    `sorts` maps the names allowed in `sort` to orderings; a leading "-" turns one round; the first is the default.
    """
    complaints = form.complaints()
    sort = request.GET.get("sort") or default_sort or next(iter(sorts))
    if sort.removeprefix("-") not in sorts:
        complaints.append(f"不能按“{sort[:30]}”排序")
    number = page_number(request.GET.get("page", ""), size)
    if isinstance(number, str):
        complaints.append(number)
        number = 1
    listing = Listing(request, form, [], number, size, 0, False, sort, sorts, complaints)
    if not complaints:
        fill(listing, form.narrow(scope, form.cleaned_data))
    return listing


def fill(listing: Listing, queryset: QuerySet[Any]) -> None:
    """Read one page into the listing with the count of all, and complain where it lies past the end."""
    start, stop = listing.offset, listing.offset + listing.size + 1
    in_order = ordered(queryset, listing.sort, listing.sorts)
    if listing.form.goes_through:
        keys = list(in_order.values_list("pk", flat=True)[: max(COUNTED_TO + 1, stop)])
        listing.counted = min(len(keys), COUNTED_TO + 1)
        rows = list(_unconditioned(in_order).filter(pk__in=keys[start:stop]))
    else:
        rows = list(cut(in_order, start, stop).annotate(counted=Count(queryset, to=COUNTED_TO + 1)))
        if rows:
            listing.counted = rows[0].counted
        elif start:
            listing.counted = queryset.order_by()[: COUNTED_TO + 1].count()
    listing.rows, listing.has_next = rows[: listing.size], len(rows) > listing.size
    if start and not rows:
        last = f"，共 {listing.last} 页" if listing.last else ""
        listing.complaints.append(f"没有第 {listing.number} 页{last}")


def cut(queryset: QuerySet[Any], start: int, stop: int) -> QuerySet[Any]:
    """These rows of an ordered queryset, which is filtered and sorted by bare keys.

    An array of keys is looked up before anything is joined, however many tables a row shows; `IN` may come after.
    """
    return _unconditioned(queryset).filter(among("pk", queryset.values("pk")[start:stop]))


def _unconditioned(queryset: QuerySet[Any]) -> QuerySet[Any]:
    """What a queryset brings along for each row, for rows that are known to fulfil its conditions.

    So PostgreSQL filters and sorts bare keys, and joins what is shown to a page's rows alone. Conditions that join
    tables with several rows each would double rows here; they are written as subqueries.
    """
    found = queryset.all()
    found.query.where = WhereNode()
    return found


def ordered(queryset: QuerySet[Any], sort: str, sorts: Sorts) -> QuerySet[Any]:
    """Sort by a named ordering, the key breaking ties so that pages never overlap."""
    found = queryset.order_by(*sorts[sort.removeprefix("-")], "pk")
    return found.reverse() if sort.startswith("-") else found


def page_number(text: str, size: int) -> int | str:
    """A page number, or the sentence that says why it is none."""
    if not text:
        return 1
    if not (text.isascii() and text.isdecimal() and int(text[:9])):
        return f"页码“{text[:30]}”不对，请填 1 以上的整数"
    if len(text) > len(str(DEEPEST_ROW)) or int(text) * size > DEEPEST_ROW:
        return f"页码太靠后，最多看前 {DEEPEST_ROW} 条，请用筛选缩小范围"
    return int(text)


def count_text(counted: int) -> str:
    return str(counted) if counted <= COUNTED_TO else f"{COUNTED_TO}+"


def changed_query(current: QueryDict, **changes: str | int | None) -> str:
    query = current.copy()
    for name, value in changes.items():
        if value is None:
            query.pop(name, None)
        else:
            query[name] = str(value)
    for name in [name for name, values in query.lists() if not any(values)]:
        del query[name]
    return f"?{query.urlencode()}"


def date_input(label: str) -> forms.DateInput:
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "aria-label": label})
