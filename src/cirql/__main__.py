"""`python -m cirql` is the `cirql` command."""

from cirql.cli.main import main

if __name__ == "__main__":
    main()
