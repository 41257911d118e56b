"""A connection that is given back to a pool: what a client has set and made for itself is forgotten, by the statements that pools send."""

from __future__ import annotations

import asyncio
import subprocess
from decimal import Decimal

import asyncpg
import psycopg
import pytest


def test_asyncpg_s_pool_takes_connections_back(address: str) -> None:
    async def asked() -> list[object]:
        async with asyncpg.create_pool(address, min_size=1, max_size=1) as pool:
            found: list[object] = []
            for n in range(3):
                async with pool.acquire() as client:
                    found.append(await client.fetchval("SELECT $1::int", n))
                    found.append(await client.fetchval("SHOW cirql.strict"))
                    await client.execute("SET cirql.strict = on")
            return found

    assert asyncio.run(asked()) == [0, "off", 1, "off", 2, "off"]


def test_reset_and_discard_put_back_what_they_name(address: str) -> None:
    with psycopg.connect(address, autocommit=True) as client:

        def shown() -> list[object]:
            names = ("cirql.strict", "statement_timeout", "search_path", "work_mem", "TimeZone")
            return [row[0] for name in names for row in client.execute(f"SHOW {name}").fetchall()]

        begun = shown()
        changes = ("cirql.strict = on", "statement_timeout = 5000", "search_path = sagemaker", "work_mem = '1MB'")
        for change in changes:
            client.execute(f"SET {change}")
        changed = shown()
        assert [a for a, b in zip(begun, changed, strict=True) if a == b] == ["UTC"]
        for harmless in ("DISCARD PLANS", "DISCARD SEQUENCES", "UNLISTEN *"):
            client.execute(harmless)
        assert shown() == changed
        client.execute("RESET cirql.strict")
        assert shown() == ["off", *changed[1:]]
        client.execute("RESET ALL")
        assert shown() == begun
        client.execute("CREATE TEMP TABLE passing (n int)")
        client.execute("CREATE TABLE staying (n int)")
        client.execute("PREPARE one AS SELECT 1")
        client.execute("SET statement_timeout = 5000")
        with pytest.raises(psycopg.errors.ActiveSqlTransaction), client.transaction():
            client.execute("DISCARD ALL")
        client.execute("DISCARD ALL")
        assert shown() == begun
        assert client.execute("SELECT count(*) FROM staying").fetchone() == (0,)
        with pytest.raises(psycopg.errors.UndefinedTable):
            client.execute("SELECT * FROM passing")
        with pytest.raises(psycopg.Error, match="one"):
            client.execute("EXECUTE one")


def test_settings_of_the_planner_are_taken_and_others_are_not(address: str) -> None:
    with psycopg.connect(address, autocommit=True) as client:
        client.execute("SET enable_seqscan = off")
        assert client.execute("SHOW enable_seqscan").fetchone() == ("off",)
        with pytest.raises(psycopg.errors.UndefinedObject, match="no setting nonsense"):
            client.execute("SET nonsense = 1")


def test_pg_dump_hears_why_not(address: str) -> None:
    answer = subprocess.run(["pg_dump", "--schema-only", address], capture_output=True, text=True, timeout=60, check=False)
    assert answer.returncode == 1
    assert "there is nothing that it can dump" in answer.stderr
    assert "COPY (SELECT …) TO STDOUT" in answer.stderr


def test_arrays_of_numbers_with_digits_go_out_in_both_forms(address: str) -> None:
    asked = (
        "SELECT ARRAY[1.5, NULL, 2.25]::numeric(10,2)[], ARRAY[0.1]::numeric[], array_agg(n::numeric(5,1)) FROM generate_series(1, 2) t(n)"
    )
    with psycopg.connect(address, autocommit=True) as client:
        for binary in (False, True):
            first, second, third = client.execute(asked, binary=binary).fetchall()[0]
            assert (first, [float(n) for n in second], third) == ([Decimal("1.50"), None, Decimal("2.25")], [0.1], [Decimal(1), Decimal(2)])


def test_a_function_of_one_value_stands_for_a_table(address: str) -> None:
    with psycopg.connect(address, autocommit=True) as client:
        assert client.execute("SELECT * FROM pg_size_pretty(123456::bigint)").fetchall() == [("121 kB",)]
        assert client.execute("SELECT x.y FROM pg_get_userbyid(10) AS x(y)").fetchall() == [("aws",)]
        with pytest.raises(psycopg.errors.QueryCanceled):
            client.execute("SET statement_timeout = 200")
            client.execute("SELECT * FROM pg_sleep(5)")


def test_lists_that_are_taken_apart_together_go_in_step(address: str) -> None:
    """As Django asks for the columns of an index."""
    asked = (
        "SELECT attr.attname, koi.arridx FROM pg_index i JOIN pg_class c ON c.oid = indrelid AND relnamespace = 'sagemaker'::regnamespace, "
        "unnest(i.indkey, i.indoption) WITH ORDINALITY koi(key, option, arridx), pg_attribute attr WHERE attr.attrelid = c.oid "
        "AND attr.attnum = koi.key AND c.relname = 'image' AND i.indisprimary ORDER BY koi.arridx"
    )
    with psycopg.connect(address, autocommit=True) as client:
        assert client.execute(asked).fetchall() == [("region", 1), ("image_arn", 2)]
