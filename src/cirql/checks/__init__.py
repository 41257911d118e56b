"""Checks: rules about resources, run over a session, and what came of them.

    model        a rule, what it found, the verdict on it, the report on a pack
    rule_files   rules as SQL with a header, or as TOML
    packs        where rules come from: a file, a directory, the packs that come with the program
    run          every rule of a pack, over one memory of what AWS answered
    doubts       which findings rest on something that was not read
    transitions  what a pack says now that it did not say before, kept over restarts
    exceptions   what is known already (a baseline) and what is put up with (waivers)
    reports/     the report as text: for a terminal, a page, a pipeline
    builtin/     the packs that come with the program

A rule is a query. It says nothing of accounts, regions or calls: a session does.
"""
