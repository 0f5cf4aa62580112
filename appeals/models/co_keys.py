"""The co-departments of an appeal once more, on its own row.

Whether a department takes part is asked for each row that an index offers in the order of a list, and for a city's
department they are thousands: a look into the row's own keys answers it, and one index finds them all.
"""

from __future__ import annotations

from typing import Final

import pgtrigger

# Of which appeal, as SQL names it.
KEYS: Final = (
    "ARRAY(SELECT department_id FROM appeals_appeal_co_departments WHERE appeal_id = {appeal} ORDER BY department_id)"
)
OPERATIONS: Final = {"insert": pgtrigger.Insert, "update": pgtrigger.Update, "delete": pgtrigger.Delete}
# An array that was read before is not written back: whoever writes it, it says what the table of links says.
TRUE_KEYS: Final = pgtrigger.Trigger(
    name="co_keys_are_true",
    when=pgtrigger.Before,
    operation=pgtrigger.UpdateOf("co_keys"),
    condition=pgtrigger.Q(old__co_keys__df=pgtrigger.F("new__co_keys")),
    func=f"NEW.co_keys := {KEYS.format(appeal='NEW.id')}; RETURN NEW;",
)


def _follow(operation: str, *written: str) -> pgtrigger.Trigger:
    """Once a statement, for the appeals of all rows that it wrote."""
    rows = " UNION ".join(f"SELECT DISTINCT appeal_id FROM {name}" for name in written)  # noqa: S608 - the names are our own
    return pgtrigger.Trigger(
        name=f"co_keys_follow_{operation}",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=OPERATIONS[operation],
        referencing=pgtrigger.Referencing(
            old="gone" if "gone" in written else None, new="come" if "come" in written else None
        ),
        func=f"""
            UPDATE appeals_appeal a SET co_keys = counted.keys
            FROM (SELECT appeal_id, {KEYS.format(appeal="rows.appeal_id")} AS keys FROM ({rows}) AS rows) AS counted
            WHERE a.id = counted.appeal_id AND a.co_keys IS DISTINCT FROM counted.keys;
            RETURN NULL;
        """,  # noqa: S608 - the names are our own
    )


FOLLOWING: Final = (
    _follow("insert", "come"),
    _follow("update", "gone", "come"),
    _follow("delete", "gone"),
)
