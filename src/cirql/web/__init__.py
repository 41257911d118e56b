"""A page to ask in: the catalog, an editor, what a statement will cost before it runs, and its rows as they come.

    entrance  where it listens: on loopback, or with TLS and users
    gate      who may ask at all: this page, with the cookie that the one-time link or the login gave
    visits    what one visitor has: a desk, plans, a past
    desk      one visitor's editors, each with a session of its own that is locked
    library   statements with names, in files that git can hold
    past      statements that were run, and how they ended
    run       one statement under way
    rows      its rows by number, sorted and filtered
    totals    what its columns come to
    downloads its rows as a file
    versions  a row's history, and what differs between two moments
    moments   when the inventory saw its tables, and the statement as of then
    changing  changes that are shown first, and carried out by a second word
    estimate  what a statement would ask of AWS, and where it is wrong
    pointing  what the word under the pointer means
    around    accounts and regions in scope, what runs, what was asked and how fast it may be, the journal
    tables    the catalog as the page shows it
    given     what a request brings
    looks     what may be looked at
    deeds     what may be done
    routes    which address means what
    serving   the HTTP server, and the files of the page

The page itself is in `page/` beside `src/`, and is built into `assets/`.
"""
