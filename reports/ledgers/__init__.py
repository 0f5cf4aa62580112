"""Ledgers out: exactly what a list shows under its filters, of any size, made in the background, kept for download."""
