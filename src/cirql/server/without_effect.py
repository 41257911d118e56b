"""Settings of PostgreSQL's planner, memory and housekeeping: clients set them, no answer depends on them, and here they mean nothing."""

from __future__ import annotations

_ON = (
    "enable_async_append enable_bitmapscan enable_gathermerge enable_hashagg enable_hashjoin enable_incremental_sort enable_indexonlyscan "
    "enable_indexscan enable_material enable_memoize enable_mergejoin enable_nestloop enable_parallel_append enable_parallel_hash "
    "enable_partition_pruning enable_presorted_aggregate enable_seqscan enable_sort enable_tidscan array_nulls check_function_bodies "
    "escape_string_warning geqo jit_expressions jit_tuple_deforming parallel_leader_participation synchronize_seqscans track_activities "
    "track_counts update_process_title"
)
_OFF = "enable_partitionwise_aggregate enable_partitionwise_join default_transaction_deferrable transaction_deferrable track_io_timing"
_VALUES = {
    "backslash_quote": "safe_encoding",
    "commit_delay": "0",
    "commit_siblings": "5",
    "constraint_exclusion": "partition",
    "cpu_index_tuple_cost": "0.005",
    "cpu_operator_cost": "0.0025",
    "cpu_tuple_cost": "0.01",
    "cursor_tuple_fraction": "0.1",
    "deadlock_timeout": "1s",
    "default_statistics_target": "100",
    "default_table_access_method": "heap",
    "default_tablespace": "",
    "default_text_search_config": "pg_catalog.simple",
    "default_toast_compression": "pglz",
    "effective_cache_size": "4GB",
    "effective_io_concurrency": "1",
    "from_collapse_limit": "8",
    "geqo_threshold": "12",
    "hash_mem_multiplier": "2",
    "idle_session_timeout": "0",
    "jit_above_cost": "100000",
    "join_collapse_limit": "8",
    "lc_messages": "C",
    "lc_monetary": "C",
    "lc_numeric": "C",
    "lc_time": "C",
    "log_min_duration_statement": "-1",
    "log_statement": "none",
    "maintenance_work_mem": "64MB",
    "max_parallel_workers": "8",
    "max_parallel_workers_per_gather": "2",
    "parallel_setup_cost": "1000",
    "parallel_tuple_cost": "0.1",
    "password_encryption": "scram-sha-256",
    "plan_cache_mode": "auto",
    "random_page_cost": "4",
    "seq_page_cost": "1",
    "tcp_keepalives_count": "0",
    "tcp_keepalives_idle": "0",
    "tcp_keepalives_interval": "0",
    "tcp_user_timeout": "0",
    "temp_buffers": "8MB",
    "temp_file_limit": "-1",
    "temp_tablespaces": "",
    "track_functions": "none",
    "vacuum_cost_delay": "0",
    "wal_compression": "off",
    "xmlbinary": "base64",
}
DEFAULTS = dict.fromkeys(_ON.split(), "on") | dict.fromkeys(_OFF.split(), "off") | _VALUES
"""What they say before a client has set any."""
