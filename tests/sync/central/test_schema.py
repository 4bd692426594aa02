"""What must hold of every table, by the code's own description and by what the databases made of it."""

import pytest
from sqlalchemy import Engine, inspect, text

from kiosk.bench.cluster import Cluster
from sync.central.database import open_database
from sync.central.partitions import is_partition
from sync.central.residents.tables import resident
from tests.sync.central.kiosks import NOON_US

metadata = resident.metadata
TABLES = sorted(metadata.tables)


@pytest.mark.parametrize("name", TABLES)
def test_the_compound_leads_every_key_and_every_index_as_described(name: str) -> None:
    table = metadata.tables[name]
    leading = [next(iter(table.primary_key.columns)).name]
    leading += [next(iter(index.columns)).name for index in table.indexes]
    leading += [next(iter(key.columns)).name for key in table.foreign_key_constraints]
    assert set(leading) == {"compound"}


def test_the_compound_leads_every_index_of_postgresqls_catalogue(cluster: Cluster) -> None:
    engine = open_database(cluster.new(), NOON_US)
    query = text(
        "SELECT i.indrelid::regclass::text AS on_table, a.attname, i.indisunique,"
        " ARRAY(SELECT attname FROM pg_attribute WHERE attrelid = i.indrelid AND attnum = ANY(i.indkey)) AS named"
        " FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
        " JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]"
        " WHERE n.nspname = 'public' AND c.relname <> 'alembic_version'"
    )
    with engine.connect() as connection:
        found = connection.execute(query).all()
    engine.dispose()
    assert set(TABLES) <= {row.on_table for row in found}
    assert any(is_partition(row.on_table) for row in found)
    assert {row.attname for row in found} == {"compound"}
    # What is unique is so within one partition, since it names what partitions are made by.
    assert all("received_us" in row.named for row in found if row.indisunique and row.on_table.startswith("event"))


def test_the_compound_leads_every_index_of_sqlite(tmp_path: object) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/central.sqlite", NOON_US)
    assert _leading(engine) == {"compound"}
    engine.dispose()


def _leading(engine: Engine) -> set[str | None]:
    found: set[str | None] = set()
    seen = inspect(engine)
    for name in seen.get_table_names():
        if name != "alembic_version":
            found.add(seen.get_pk_constraint(name)["constrained_columns"][0])
            found |= {index["column_names"][0] for index in seen.get_indexes(name)}
    return found
