"""Backup and restore: the database by pg_dump, the files as they are, and a manifest that proves both.

A backup is a directory that appears whole or not at all:

    database.dump    pg_dump's custom format, of one snapshot
    files/           everything below MEDIA_ROOT
    manifest.json    rows and checksum of every table in that snapshot, size and SHA-256 of every file
"""
