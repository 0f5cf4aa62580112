"""The child process that reads a workbook nobody has checked: `python -m reports.imports.parsing FILE`.

It knows nothing of Django, database or secrets, lives under limits of memory and time that it sets itself, and writes
JSON lines: {"rows": how many}, then {"row": number, "cells": […]} for each row that isn't blank, then {"end": true};
or {"refused": a sentence}. A cell is text, or {"is": why it can't be read}.
"""
