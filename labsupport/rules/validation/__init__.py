"""What the API server refuses, field by field, in its own words.

One module for each family of kinds, `field` for the errors,
`kinds` for which rules a kind has. Structure (types, unknown fields) is checked before, in
`rules.structure`; defaults are filled in before, by `rules.defaults`.
"""

from labsupport.rules.validation.field import FieldError, invalid
from labsupport.rules.validation.kinds import creation_errors, update_errors

__all__ = ["FieldError", "creation_errors", "invalid", "update_errors"]
