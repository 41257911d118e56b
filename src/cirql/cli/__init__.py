"""The `cirql` command: commands, output formats, progress, and how errors look on a terminal.

    main       the entry point: the list of commands, and what a process owes its caller (exit codes, signals, pipes)
    query      `cirql query`
    local      `cirql local up`, and the scope of `--local`
    doctor     `cirql doctor`
    catalog    `cirql catalog build`
    output     which formats there are; each writes a `Result` to a stream of bytes
    table      the format for people
    encode     values as JSON and as text
    streams    stdin, stdout and stderr, whatever the caller made of them
    report     errors, notices, failures and statistics on stderr
    progress   a bar on stderr
    absent     packages that are kept out of the process
    commands   groups of commands, imported when they are asked for
    completion what the shell needs to complete commands and options
    interrupt  Ctrl-C ends the process within a second, whatever it is doing
    demo       what `make demo` runs

`cirql --help` is answered from here alone: anything heavier than click is imported by the command that needs it.
"""
