"""What was seen and when: current rows, history, and which partitions were scanned completely.

`model` has the words, `store` the interface every implementation keeps, `duckdb_store` the embedded implementation: immutable
Parquet segments read by DuckDB, and one small SQLite index that says which of them count.
"""
