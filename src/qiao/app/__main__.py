"""`python -m qiao.app` is the program `qiao`."""

from qiao.app.cli import main

raise SystemExit(main())
