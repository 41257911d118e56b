"""The embedded store: immutable Parquet segments that DuckDB reads, and one small SQLite index that says which of them count.

store       `Store` over a directory, and the order in which its parts are used
index       the SQLite file: the scan log, with segments and ends
segments    writing row versions, and the SQL that reads them back
shelved     segments and ends as versions, for what works on those of any store (`inventory.versions`)
writing, small_scans               keeping what scans saw, small ones from Arrow data in memory
upkeep, verification, transfer     fewer files; checks; plain copies
"""
