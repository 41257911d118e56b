"""A page to ask in, on loopback: the catalog, an editor, what a statement will cost before it runs, and its rows as they come.

    gate      who may ask at all: this page, on this machine, with the cookie that the one-time link gave
    desk      one visitor's editors, each with a session of its own that is locked
    run       one statement under way
    rows      its rows by number, sorted and filtered
    downloads its rows as a file
    moments   when the inventory saw its tables, and the statement as of then
    changing  changes that are shown first, and carried out by a second word
    estimate  what a statement would ask of AWS, and where it is wrong
    tables    the catalog as the page shows it
    routes    which address means what
    serving   the HTTP server, and the files of the page

The page itself is in `page/` beside `src/`, and is built into `assets/`.
"""
