"""What a store does with versions of rows, whatever it keeps them in: a DuckDB connection and a `KeptVersions` are all that is needed.

kept                 the one thing that a store gives: SQL for the versions of a table at one moment
staging, merge       from what a scan saw to versions that begin and end
small_scans          the same without an engine, where nothing changed or all is new
recording            what a scan, once its rows are kept, answers for
reading, history     rows at a moment; histories and differences
rules, transfer      checks; a table as an archive
members              what lets a read skip rows, and parts of documents
engines              DuckDB's instances
"""
