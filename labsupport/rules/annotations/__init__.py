"""Annotations: what each controller understands of them, as data, and what becomes of an object's.

`traefik` and `nginx` list keys, `features` what people want and how each controller is told,
`judging` looks at one object. Pure data and text; which rule takes a request is `rules.ingress`'
affair.
"""

from labsupport.rules.annotations.features import FEATURES, Feature
from labsupport.rules.annotations.judging import Judgement, judged

__all__ = ["FEATURES", "Feature", "Judgement", "judged"]
