"""`lab dns ...`: the lab's zones, the servers that answer for them, and who is asked."""

import argparse
import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING

from labsupport.base.errors import UsageError

if TYPE_CHECKING:
    from labsupport.names.zone_files import ZoneFiles
    from labsupport.session.lab import Lab

HELP = "names of the lab: list, add, remove, query, serve, use, cache, external, system"

_SERVE_PORT = 5353
_ON_OFF = ("on", "off")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `lab dns` and of each of its actions."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    _add_editing(actions)
    query = actions.add_parser("query", help="ask a DNS server")
    query.add_argument("words", nargs="+", metavar="NAME [TYPE] [@SERVER]")
    query.add_argument("--json", action="store_true", help="print one JSON object")
    serve = actions.add_parser("serve", help="answer for a folder of zone files, no cluster needed")
    _add_folder(serve)
    serve.add_argument("--address", default="127.0.0.1", help="where to listen (127.0.0.1)")
    serve.add_argument("--port", type=int, default=_SERVE_PORT, help=f"({_SERVE_PORT})")
    serve.add_argument("--cache", action="store_true", help="as a caching resolver in front of it")
    use = actions.add_parser("use", help="whom the lab's computer asks")
    use.add_argument("server", metavar="authoritative|cache|ADDRESS")
    cache = actions.add_parser("cache", help="what the caching resolver remembers")
    cache.add_argument("what", nargs="?", choices=("show", "flush"), default="show")
    cache.add_argument("zone", nargs="?", default=".", help="flush: this name and what is below it")
    external = actions.add_parser("external", help="external-dns: records follow Ingress addresses")
    external.add_argument("switch", nargs="?", choices=(*_ON_OFF, "status"), default="status")
    external.add_argument("--json", action="store_true", help="print one JSON object")
    system = actions.add_parser("system", help="may other names be asked of this machine?")
    system.add_argument("switch", nargs="?", choices=(*_ON_OFF, "status"), default="status")


def run(args: argparse.Namespace) -> int:
    """Do what the action says."""
    code: int = _ACTIONS[args.action](args)
    return code


def _add_editing(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    listed = actions.add_parser("list", help="the records of the lab's zones")
    listed.add_argument("zone", nargs="?", default="")
    listed.add_argument("--text", action="store_true", help="the zone files as they are")
    listed.add_argument("--json", action="store_true", help="print one JSON object")
    add = actions.add_parser("add", help="give a name a record")
    add.add_argument("name")
    add.add_argument("value", nargs="?", default="", help="default: the lab's address")
    add.add_argument("--type", default="", help="A, AAAA, CNAME (guessed), TXT, MX, ...")
    add.add_argument("--ttl", type=int, default=60, metavar="SECONDS")
    add.add_argument("--also", action="store_true", help="beside others of its type")
    remove = actions.add_parser("remove", help="take a name's records away")
    remove.add_argument("name")
    remove.add_argument("--type", default="", help="records of this type only")
    remove.add_argument("--value", default="", help="the record with this value only")
    for parser in (listed, add, remove):
        _add_folder(parser)


def _add_folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--zones", type=Path, metavar="FOLDER", help="zone files elsewhere than in the lab"
    )


def _list(args: argparse.Namespace) -> int:
    files = _files(args)
    records, problems = files.list(args.zone), files.problems()
    if args.json:
        plain = [each.to_json() for each in records]
        print(json.dumps({"records": plain, "problems": list(problems)}, indent=2))
    else:
        print((files.text(args.zone) if args.zone else files) if args.text else records)
        for problem in problems:
            print(f"not served  {problem}")
    return 1 if problems else 0


def _add(args: argparse.Namespace) -> int:
    files = _files(args)
    value = args.value or _lab_address(args)
    plan = files.plan_add(args.name, value, args.type, ttl=args.ttl, also=args.also)
    files.apply(plan)
    print(plan)
    return 0


def _remove(args: argparse.Namespace) -> int:
    files = _files(args)
    plan = files.plan_remove(args.name, args.type, args.value)
    files.apply(plan)
    print(plan)
    return 0


def _query(args: argparse.Namespace) -> int:
    servers = [word[1:] for word in args.words if word.startswith("@")]
    name, *types = [word for word in args.words if not word.startswith("@")] or [""]
    if not name or len(types) > 1 or len(servers) > 1:
        raise UsageError(
            "a query has a name, and perhaps a type and a server",
            found=" ".join(args.words),
            remedy="./lab dns query kiada.example.com A @cache",
        )
    record_type, server = (types or ["A"])[0], (servers or [""])[0]
    if ":" in server:  # one with a port is a server of the user's own: no cluster is needed
        from labsupport.names.lab_dns import server_at
        from labsupport.names.query import query

        reply = query(name, record_type, server_at(server))
    else:
        reply = _lab().dns.query(name, record_type, server=server)
    print(json.dumps(reply.to_json(), indent=2) if args.json else reply)
    return 0


def _serve(args: argparse.Namespace) -> int:
    import signal

    from labsupport.base.paths import instance
    from labsupport.names.answering import authoritative, caching
    from labsupport.names.cache import Cache
    from labsupport.names.server import serving
    from labsupport.names.zones import Zones

    zones = Zones(args.zones or instance().zones)
    respond = caching(Cache(zones.answer)) if args.cache else authoritative(zones)

    async def serve() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        async with serving(respond, args.address, args.port):
            for problem in zones.problems():
                print(f"not served  {problem}")
            print(f"answering for {', '.join(zones.origins()) or 'no zone yet'} of {zones.folder}")
            print(
                f"  ask it: ./lab dns query NAME @{args.address}:{args.port}   (end it: Ctrl-C)",
                flush=True,
            )
            await stop.wait()

    asyncio.run(serve())
    return 0


def _use(args: argparse.Namespace) -> int:
    lab = _lab()
    lab.dns.use(args.server)
    source, (address, port) = lab.resolver.server
    remembers = ", which remembers answers" if source == "cache" else ""
    print(f"the lab's computer asks {address}:{port}{remembers}")
    return 0


def _cache(args: argparse.Namespace) -> int:
    cache = _lab().dns.cache
    if args.what == "flush":
        cache.flush(args.zone)
        print(f"forgotten: {'all' if args.zone == '.' else args.zone}")
    else:
        print(cache)
    return 0


def _external(args: argparse.Namespace) -> int:
    external = _lab().dns.external
    if args.switch == "on":
        external.on()
    elif args.switch == "off":
        external.off()
    status = external.status()
    print(json.dumps(status.to_json(), indent=2) if args.json else status)
    return 0


def _system(args: argparse.Namespace) -> int:
    from labsupport.base.paths import instance
    from labsupport.names.settings import ResolverSettings

    settings = ResolverSettings(instance().resolver)
    if args.switch in _ON_OFF:
        settings.allow_system(args.switch == "on")
    allowed = (
        "are asked of this machine's resolver" if settings.system_allowed() else "stay unknown"
    )
    print(f"names outside of the lab's zones {allowed}")
    return 0


_ACTIONS = {
    "list": _list,
    "add": _add,
    "remove": _remove,
    "query": _query,
    "serve": _serve,
    "use": _use,
    "cache": _cache,
    "external": _external,
    "system": _system,
}


def _lab() -> "Lab":
    from labsupport.session.running import running_lab

    return running_lab()


def _files(args: argparse.Namespace) -> "ZoneFiles":
    if args.zones is None:
        return _lab().dns
    from labsupport.names.zone_files import ZoneFiles

    return ZoneFiles(args.zones, "127.0.0.1")


def _lab_address(args: argparse.Namespace) -> str:
    if args.zones is None:
        return _lab().address
    raise UsageError(
        f"which address shall {args.name} have?",
        found="no value",
        remedy=f"./lab dns add {args.name} 127.0.0.1 --zones {args.zones}",
    )
