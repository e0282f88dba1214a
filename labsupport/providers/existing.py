"""The provider `existing`: a namespace on any cluster there is. Not in this version."""

from labsupport.providers.not_yet import NotYet


class Existing(NotYet):
    """Refuses, and says what to use instead."""

    name = "existing"
    what = "a namespace of your own on a cluster that is there already"
