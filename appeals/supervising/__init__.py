"""Supervision orders (督办单): drawing them up, answering and judging them, and what happens when nobody answers.

Whoever changes an order holds the lock of its case, so two acts on one order never meet. Nothing here takes a case a
step further; each act leaves its event in the history of the case.
"""
