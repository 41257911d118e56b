"""polars and pandas through ADBC: rows with their types, parameters, errors."""

from __future__ import annotations

import adbc_driver_postgresql.dbapi
import pandas as pd
import polars as pl
import pytest

ASKED = "SELECT image_name, count(*) AS n, max(creation_time) AS last FROM aws.sagemaker_image_version GROUP BY 1 ORDER BY 1"


def test_polars_reads_through_adbc(address: str) -> None:
    frame = pl.read_database_uri(ASKED, address, engine="adbc")
    assert frame.columns == ["image_name", "n", "last"]
    assert frame.schema["n"] == pl.Int64
    assert frame.schema["last"].is_temporal()
    assert frame["image_name"].is_sorted()
    assert frame.height > 1


def test_pandas_reads_through_adbc(address: str) -> None:
    with adbc_driver_postgresql.dbapi.connect(address) as client:
        frame = pd.read_sql(ASKED, client)
        assert frame["n"].sum() > len(frame) > 1


def test_adbc_gives_parameters_and_hears_errors(address: str) -> None:
    with adbc_driver_postgresql.dbapi.connect(address) as client, client.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM aws.s3_bucket WHERE region = $1", ("us-east-1",))
        (count,) = cursor.fetchone() or (0,)
        assert count > 0
        with pytest.raises(Exception, match="no column nme"):
            cursor.execute("SELECT nme FROM aws.s3_bucket")
