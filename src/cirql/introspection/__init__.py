"""What the catalog says about itself, as relations: SHOW, DESCRIBE, information_schema and cirql.tables, columns, methods, permissions.

    relations    what such a relation is: a table without fetches, and a function that gives its rows
    names        which tables a statement can be about, found with as little reading as its conditions allow
    schema       information_schema.schemata, tables, columns
    directory    cirql.tables, columns, methods, permissions; and the `Directory` that finds these and the catalog's own
    show         SHOW and DESCRIBE: what they ask, as a query over a relation made for them
    described    the rows of DESCRIBE and of SHOW METHODS
    insert_template  the statement that SHOW INSERT gives

No AWS, no SQL engine: rows are plain dicts, which the session hands to DuckDB.
"""
