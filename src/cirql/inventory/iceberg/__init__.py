"""A store on Apache Iceberg: a table for each table, which other engines read as they are, and the scan log beside them.

store       `Store` over a directory: its catalog, its scan log, its warehouse
lake        the Iceberg tables: looking at one, adding to one, putting one back
columns     how a table's columns are fields of an Iceberg schema
laid        a table's files as versions, for what works on those of any store
heads       the scan log, with which snapshot of each table counts
writing     keeping what scans saw
upkeep      fewer files, and none that nothing needs
"""
