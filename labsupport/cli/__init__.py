"""The command line: one module per subcommand, each with HELP, add_arguments(parser), run(args).

A command words things and leaves the doing to the layers below. Modules import what they need
inside functions where it costs time, so that `lab status` never pays for `lab start`.
"""
