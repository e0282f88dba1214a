"""`python -m labsupport.cli`: what the launcher ./lab runs."""

from labsupport.cli.main import main

raise SystemExit(main())
