"""A page to ask in, on loopback: the catalog, an editor, what a statement will cost before it runs, and its rows as they come.

    gate      who may ask at all: this page, on this machine, with the cookie that the one-time link gave
    desk      one visitor's editors, each with a session of its own that is locked
    run       one statement under way, and its rows by number
    estimate  what a statement would ask of AWS, and where it is wrong
    tables    the catalog as the page shows it
    routes    which address means what
    serving   the HTTP server, and the files of the page

The page itself is in `page/` beside `src/`, and is built into `assets/`.
"""
