"""What the frame gets: a page that can neither run anything nor reach anything.

The walls, one behind the other:
* `markup_filter` lets no script, no handler, and no URL but `data:` into the page.
* The Content-Security-Policy lets only our one script run, known by a number drawn for this page,
  and has nothing fetched.
* The frame is sandboxed without `allow-same-origin`: its page belongs to no site, so it has no
  cookies and reaches neither JupyterLab nor the kernel. Forms and windows are forbidden too.
* All that the frame can tell is the number of a link that was on the page.

`allow-scripts` is there for our script alone, which tells of a click: without it no link in the
page could be followed. With `allow-same-origin` in its place JupyterLab could see the clicks
itself, but then one flaw in the other walls would open JupyterLab's own origin.
"""

import secrets
from html import escape

from labsupport.widgets.browsing.markup_filter import SafePage
from labsupport.widgets.tester import ASSETS

_POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'unsafe-inline'; "
    "img-src data:; font-src data:; base-uri 'none'; form-action 'none'"
)


def document(page: SafePage) -> str:
    """A whole HTML document for the `srcdoc` of a sandboxed frame."""
    nonce = secrets.token_urlsafe(16)
    policy = escape(_POLICY.format(nonce=nonce))
    script = (ASSETS / "browsed_page.js").read_text(encoding="utf-8")
    return (
        f'<!doctype html><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f'<meta name="referrer" content="no-referrer">'
        f'<script nonce="{nonce}">{script}</script>'
        f"<title>{escape(page.title)}</title>{page.html}"
    )
