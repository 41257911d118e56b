"""The PostgreSQL that queries are compared with."""

from tests.sql.translate.conftest import postgres as postgres
