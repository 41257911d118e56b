"""PostgreSQL's own catalog (`pg_class`, `pg_attribute`, …) over cirql's, for the tools that look there.

catalog     answers statements that ask it, in a DuckDB of its own
contents    what is in its tables, those of one cloud table filled in when it is first asked about
rewriting   PostgreSQL's SQL about its catalog as DuckDB's
inference   which of PostgreSQL's types the columns of an answer have
columns     the tables' columns, as PostgreSQL says them
definitions the tables and functions in DuckDB
"""
