"""`python -m doseline.cli`: the commands without the console script."""

from doseline.cli import main

main()
