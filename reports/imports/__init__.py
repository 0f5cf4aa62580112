"""Excel in: a workbook is parsed in a child process, checked row by row, looked at, confirmed, written."""
