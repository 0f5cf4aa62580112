"""Leaders' instructions (批示): giving one, entering one that was given on paper, and who is told.

What is done with an instruction that stands is appeals.demanding; that nobody answered it in time, the ladder sees
(appeals.awaited).
"""
