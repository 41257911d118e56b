"""What was seen and when: current rows, history, and which partitions were scanned completely.

`model` has the words, `store` the interface every implementation keeps, `embedded` the implementation that is built in. What stands
between a statement and a store: `memory`, `recall`, `recorder`, `reuse`, `scopes`; between the catalog's tables and a store: `stored`,
`questions`. `coverage` and `faults` serve any implementation.
"""
