"""SQLAlchemy's own tests for dialects, but for those of tables that a session does not make (`requirements.py` has the other reasons)."""

from sqlalchemy.testing import suite
from sqlalchemy.testing.suite import *  # noqa: F403

_KEYS = (
    *("ComponentReflectionTest", "ComponentReflectionTestExtra", "CompositeKeyReflectionTest"),
    *("TableNoColumnsTest", "BizarroCharacterTest"),
)
"""Keys, indexes, constraints and odd names of tables that the suite makes: of a session's own tables the columns are known."""

for _name in _KEYS:
    if hasattr(suite, _name):
        del globals()[_name]
