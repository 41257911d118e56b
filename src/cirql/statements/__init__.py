"""One statement, from its beginning to its end: what ends it early, how it reads, and what can be said of it without running it."""
