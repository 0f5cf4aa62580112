"""What supervision orders and leaders' instructions have in common once they are put to a department.

A demand is answered, its answer accepted or returned, the demand itself revoked, or it ends with its case. Whoever
changes one holds the lock of its case, so two acts on one demand never meet. Nothing here takes a case a step further;
each act leaves its event in the history of the case. Drawing orders up is appeals.supervising, giving instructions
appeals.instructing.
"""
