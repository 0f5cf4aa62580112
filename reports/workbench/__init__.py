"""The workbench (我的工作台): what a cadre has to do, why, by when, one step away.

`bench.assemble` composes it from the roles that the cadre holds: `visiting` (specialists, team leaders), `cases` (whose
turn an appeal is, for every role), `overseeing` (office, supervisor, leader) and `notices` (who handles no business).
Each number leads to the list of the rows that it counts, and is counted within the scope of that list.
"""
