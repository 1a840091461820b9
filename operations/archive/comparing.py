"""Whether a row in the database is what the archive holds of it, to the last value."""

import pyarrow as pa
import pyarrow.compute as pc


def same_rows(present: pa.Table, archived: pa.Table) -> set[str]:
    """Keys of the rows that are in both and equal. Tables of other columns have none in common."""
    if present.schema.names != archived.schema.names or not present.num_rows:
        return set()
    places = pc.index_in(present.column("id"), value_set=archived.column("id").combine_chunks())
    known = present.filter(pc.is_valid(places))
    held = archived.take(places.drop_null())
    equal = pa.array([True] * known.num_rows, pa.bool_())
    for name in known.schema.names:
        equal = pc.and_(equal, _equal(known.column(name), held.column(name)))
    return set(known.column("id").filter(equal).to_pylist())


def _equal(ours: pa.ChunkedArray, theirs: pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    if pa.types.is_list(ours.type) or ours.type != theirs.type:
        return pa.array([a == b for a, b in zip(ours.to_pylist(), theirs.to_pylist(), strict=True)], pa.bool_())
    same = pc.fill_null(pc.equal(ours, theirs), False)
    return pc.or_(same, pc.and_(pc.is_null(ours), pc.is_null(theirs)))
