"""The command line's commands, one module for each noun; catalogdb/cli.py lists them."""
