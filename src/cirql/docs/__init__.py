"""The data directory: a page for every table, with examples that run once their placeholders are filled.

examples     the statements that a table's page shows
directory    the pages of all tables, as files, with an index for each service
"""
