"""Field types: one way to normalise a value, for live and desired alike.

Declarative constraints run in pydantic's core; the few Python functions are memoised, because a site has few
distinct values. Scalars of desired state arrive as text (`"8192"`, `"yes"`), those of an API in varying forms
(`8192`, `"8192"`, `1`): both end up as one type.
"""
