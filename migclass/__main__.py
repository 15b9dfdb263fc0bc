"""``python -m migclass`` is the command line."""

from migclass.cli import main

main(prog_name="migclass")
