"""From a plan to Arrow batches: the calls, their order, their sharing, and what failed."""
