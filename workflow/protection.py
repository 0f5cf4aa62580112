"""Database triggers that keep every subject of a workflow inside its step table, whoever writes.

Three of them: a status may change only along the table; a change (or a new subject past its initial status) is refused
at commit unless an event of the same transaction tells it; an event is never changed or deleted.
"""

from __future__ import annotations

import pgtrigger

from workflow.steps import StepTable


def _pairs(pairs: list[tuple[str, ...]]) -> str:
    return ", ".join("(" + ", ".join(f"'{value}'" for value in pair) + ")" for pair in pairs)


def legal_transition(table: StepTable) -> pgtrigger.Trigger:
    """The trigger that lets a status change only along the table."""
    transitions = _pairs([*table.transitions()])
    return pgtrigger.Trigger(
        name="legal_transition",
        when=pgtrigger.Before,
        operation=pgtrigger.UpdateOf("status"),
        condition=pgtrigger.Q(old__status__df=pgtrigger.F("new__status")),
        func=f"""
                IF (OLD.status, NEW.status) NOT IN ({transitions}) THEN
                    RAISE EXCEPTION 'illegal transition of % %: % -> %', TG_TABLE_NAME, OLD.id, OLD.status, NEW.status
                        USING ERRCODE = 'check_violation';
                END IF;
                RETURN NEW;
            """,
    )


def guards_of_subject(table: StepTable, event_table: str, subject_column: str) -> tuple[pgtrigger.Trigger, ...]:
    """Triggers for the subject's table: legal transitions, and no change of status without its event."""
    return (
        legal_transition(table),
        pgtrigger.Trigger(
            name="begins_at_the_beginning",
            when=pgtrigger.After,
            operation=pgtrigger.Insert,
            timing=pgtrigger.Deferred,
            func=f"""
                IF NEW.status <> '{table.initial}' AND NOT EXISTS (
                    SELECT 1 FROM {event_table} e
                    WHERE e.{subject_column} = NEW.id AND e.txid = txid_current() AND e.after = NEW.status
                ) THEN
                    RAISE EXCEPTION '% % begins as % without an event', TG_TABLE_NAME, NEW.id, NEW.status
                        USING ERRCODE = 'check_violation';
                END IF;
                RETURN NULL;
            """,
        ),
        pgtrigger.Trigger(
            name="no_change_without_its_event",
            when=pgtrigger.After,
            operation=pgtrigger.UpdateOf("status"),
            condition=pgtrigger.Q(old__status__df=pgtrigger.F("new__status")),
            timing=pgtrigger.Deferred,
            func=f"""
                IF NOT EXISTS (
                    SELECT 1 FROM {event_table} e
                    WHERE e.{subject_column} = NEW.id AND e.txid = txid_current()
                      AND e.before = OLD.status AND e.after = NEW.status
                ) THEN
                    RAISE EXCEPTION '% %: % -> % without an event', TG_TABLE_NAME, NEW.id, OLD.status, NEW.status
                        USING ERRCODE = 'check_violation';
                END IF;
                RETURN NULL;
            """,
        ),
    )


def guards_of_event(table: StepTable) -> tuple[pgtrigger.Trigger, ...]:
    """Triggers for the events' table: only moves of the step table, and never a change afterwards."""
    moves = _pairs([*table.moves()])
    return (
        pgtrigger.Protect(name="history_stays", operation=pgtrigger.Update | pgtrigger.Delete),
        pgtrigger.Trigger(
            name="tells_a_legal_move",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert,
            func=f"""
                IF (NEW.step, NEW.before, NEW.after) NOT IN ({moves}) THEN
                    RAISE EXCEPTION 'no such step: %: % -> %', NEW.step, NEW.before, NEW.after
                        USING ERRCODE = 'check_violation';
                END IF;
                RETURN NEW;
            """,
        ),
    )
