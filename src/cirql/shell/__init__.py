"""The shell: `cirql` on a terminal. Statements and commands are typed, and their answers shown, one after the other.

    command     the command, its options, and what `cirql` alone does
    typed       what was typed, divided into statements and commands
    foreground  a statement that runs while the terminal stays the user's: Ctrl-C ends the statement
    prompt      the line that is edited
    loop        read, run, show, until the end

It is a front end: everything it knows of AWS it asks of a `Session`.
"""
