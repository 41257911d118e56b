"""The embedded store: immutable Parquet segments that DuckDB reads, and one small SQLite index that says which of them count.

store       `Store` over a directory, and the order in which its parts are used
index       the SQLite file: segments, ends, scans, claims
segments    writing row versions, and the SQL that reads them back; members: parts of JSON columns as columns of their own
staging, small_scans, merge        from what a scan saw to versions that begin and end
reading, versions                  rows at a moment; histories and differences
upkeep, verification, transfer     fewer files; checks; plain copies
engines, lock                      DuckDB's instances; who may write
"""
