"""PostgreSQL's own catalog (`pg_class`, `pg_attribute`, …) over cirql's, for the tools that look there.

catalog     answers statements that ask it, in a DuckDB of its own
contents    what is in its tables, those of one cloud table filled in when it is first asked about
rewriting   PostgreSQL's SQL about its catalog as DuckDB's
definitions the tables' columns, and the functions
"""
