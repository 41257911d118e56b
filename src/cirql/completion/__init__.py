"""What may come next in a text of SQL that is being written: for the shell, notebooks, or any other editor."""
