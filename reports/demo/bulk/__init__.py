"""A whole city or metropolis: the demo's small city, grown in the database by sets of rows.

What the small city's people did stands for what a large city's people do. Places, people and enterprises are made anew;
every appeal and every row of the policy ledger is a copy of one that the product itself brought to where it stands,
with another enterprise, the people and departments who would have handled it there, and numbers of its own. Appeals
that have ended are spread over a year, by whole weeks. All triggers and constraints hold while it grows: an appeal
arrives together with its events, and payments make their own sums.
"""
