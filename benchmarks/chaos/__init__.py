"""Faults: the live product under load, hurt at random by seed, and an audit of what it kept. See README.md."""
