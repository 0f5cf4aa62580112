"""Pages of visits: entry (the form), drafts, records (list and detail)."""
