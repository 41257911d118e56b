"""What was seen and when: current rows, history, and which partitions were scanned completely.

`model` has the words, `store` the interface every implementation keeps, `embedded` the implementation that is built in, `iceberg` the one
on a lake's tables, `versions` what both do with versions of rows, over `scan_log`, `logged` and `premises`. What stands
between a statement and a store: `memory`, `recall`, `recorder`, `gathering`, `reuse`, `scopes`;
between the catalog's tables and a store: `stored`, `questions`. `coverage` and `faults` serve any implementation.
"""
