"""What fills the inventory: `sync` reads all of a table, `events` and `queues` say what changed and `touches` reads that again,
`dumps`, `snapshots` and `recordings` are answers that others wrote down.

They work above a session, and know a store by its interface only.
"""
