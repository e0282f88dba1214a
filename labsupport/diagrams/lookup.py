"""Pictures of how names were looked up."""

from labsupport.diagrams.dot import dot_source
from labsupport.diagrams.picture import Picture
from labsupport.rules.flow import lookup_flow, lookup_text, text
from labsupport.session import Lab


def name_lookup(lab: Lab, name: str, *, every: bool = False) -> Picture:
    """Who is asked for `name` now, and what each says, up to the one whose address is used.

    With `every` the zone's own server is drawn beside the caching resolver too.
    """
    steps = lab.resolver.steps(name, every=every)
    graph = lookup_flow(name, steps)
    return Picture(dot_source(graph), text(graph), lookup_text(name, steps))
