"""The report of a run: faults, requests, recovery, and the lines of the audit."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from statistics import median, quantiles
from typing import TYPE_CHECKING, Final

from benchmarks.chaos.journal import Outcome

if TYPE_CHECKING:
    from benchmarks.chaos.audit import Line
    from benchmarks.chaos.faults import Fault
    from benchmarks.chaos.journal import Journal
    from benchmarks.chaos.stage import Ended, Stage

SHOWN: Final = 20  # violations of one line that are printed; the count is exact


def of_faults(faults: Sequence[Fault], stage: Stage) -> Iterable[str]:
    """By kind and target, how often, and how long until the product said that it was ready again."""
    by_target: defaultdict[tuple[str, str], list[float | None]] = defaultdict(list)
    for fault in faults:
        by_target[fault.kind, fault.target].append(stage.recovery(fault.began))
    yield f"{'faults':<36}{'times':>7}{'median s':>10}{'p95 s':>8}{'worst s':>9}"
    for (kind, target), times in sorted(by_target.items()):
        yield _row(f"{kind} {target}", times)
    yield _row("all", [time for times in by_target.values() for time in times])


def of_requests(journal: Journal) -> Iterable[str]:
    """Tries by what was sent and how they ended, and how many requests took more than one."""
    yield f"{'requests':<28}{'sent':>7}{'stored':>8}{'refused':>9}{'lost':>7}{'repeated':>10}"
    sent = Counter(request.act for request in journal.requests.values())
    repeated = Counter(request.act for request in journal.requests.values() if len(request.tries) > 1)
    for act in [*sorted(sent), "all"]:
        acts = list(sent) if act == "all" else [act]
        tries = [sum(journal.answers[each, str(outcome)] for each in acts) for outcome in Outcome]
        numbers = (sum(sent[each] for each in acts), *tries, sum(repeated[each] for each in acts))
        yield f"{act:<28}" + "".join(f"{n:>{width}}" for n, width in zip(numbers, (7, 8, 9, 7, 10), strict=True))


def of_ends(ended: Sequence[Ended]) -> Iterable[str]:
    """What ended of itself, beside what a fault ended."""
    found = Counter((end.name, end.code) for end in ended if not end.by_fault)
    yield f"processes started again: {len(ended)}, of which ended of themselves: {found.total()}"
    for (name, code), times in sorted(found.items()):
        yield f"  {name} with exit code {code}: {times}"


def of_audit(lines: Iterable[Line]) -> Iterable[str]:
    yield f"{'audit':<64}{'checked':>9}{'violations':>12}"
    for line in lines:
        yield f"{line.name:<64}{line.checked:>9}{len(line.violations):>12}"
        yield from (f"  VIOLATION {sentence}" for sentence in line.violations[:SHOWN])


def _row(name: str, times: list[float | None]) -> str:
    known = [time for time in times if time is not None]
    if not known:
        return f"{name:<36}{len(times):>7}{'never':>10}"
    p95 = quantiles(known, n=20)[-1] if len(known) > 1 else known[0]
    return f"{name:<36}{len(times):>7}{median(known):>10.1f}{min(p95, max(known)):>8.1f}{max(known):>9.1f}"
