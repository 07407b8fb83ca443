"""`python -m catalogdb` is the command `catalogdb`."""

from catalogdb.cli import main

if __name__ == "__main__":
    main()
