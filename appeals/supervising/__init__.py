"""Supervision orders (督办单): drawing them up, by the ladder and by hand, and what happens when nobody answers.

What is done with an order that stands is appeals.demanding. Nothing here takes a case a step further; each act leaves
its event in the history of the case.
"""
