"""`lab heal NAME`: take back what `lab break` did."""

import argparse

from labsupport.base.errors import UsageError

HELP = "take back what `lab break` did"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `lab heal`."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="for example bakery")
    parser.add_argument("--all", action="store_true", help="everything that is broken now")


def run(args: argparse.Namespace) -> int:
    """Heal, and say so; what is not broken is said, and no error."""
    from labsupport.exercises.clinic import breakage, broken, heal
    from labsupport.session.running import running_lab

    names = [breakage(word).name for word in args.names]
    if not names and not args.all:
        raise UsageError(
            "which one should be healed?",
            remedy="./lab heal NAME, or all of them: ./lab heal --all",
        )
    lab = running_lab()
    if args.all:
        names = broken(lab)
    for name in names:
        print(heal(name, lab))
    if not names:
        print("nothing is broken")
    return 0
