"""The plain functions: what PostgreSQL calls them, what they take and give, and what answers for them in DuckDB.

See `calls` for how a line reads. Names beginning with `cirql_` are macros of `cirql.sql.functions`.
"""

from __future__ import annotations

PLAIN = """
lower t text
upper t text
initcap t text cirql_initcap
length t int4
char_length t int4 length
character_length t int4 length
octet_length t int4 cirql_octet_length
bit_length t int4
reverse t text
repeat ti text cirql_repeat
levenshtein tt int8 cirql_levenshtein
editdist3 tt int8 cirql_levenshtein
damerau_levenshtein tt int8 cirql_damerau_levenshtein
jaro_similarity tt|f float8 cirql_jaro_similarity
jaro_winkler_similarity tt|f float8 cirql_jaro_winkler_similarity
replace ttt text
translate ttt text
left ti text
right ti text
lpad ti|t text cirql_lpad
rpad ti|t text cirql_rpad
ltrim t|t text
rtrim t|t text
btrim t|t text trim
strpos tt int4
starts_with tt bool
split_part tti text cirql_split_part
ascii t int4 cirql_ascii
chr i text cirql_chr
md5 t text
unistr t text cirql_unistr
quote_literal s text cirql_quote_literal
quote_nullable s text cirql_quote_nullable
quote_ident t text cirql_quote_ident
to_hex i text cirql_to_hex
to_bin i text cirql_to_bin
to_oct i text cirql_to_oct
normalize t text nfc_normalize
pg_size_pretty n text cirql_size_pretty
abs n same
cbrt f float8
degrees f float8
radians f float8
sin f float8
cos f float8
tan f float8
cot f float8
asin f float8 cirql_asin
acos f float8 cirql_acos
atan f float8
atan2 ff float8
sinh f float8
cosh f float8
tanh f float8
asinh f float8
acosh f float8 cirql_acosh
atanh f float8 cirql_atanh
gamma f float8 cirql_gamma
lgamma f float8 cirql_lgamma
sind f float8 cirql_sind
cosd f float8 cirql_cosd
tand f float8 cirql_tand
cotd f float8 cirql_cotd
asind f float8 cirql_asind
acosd f float8 cirql_acosd
atand f float8 cirql_atand
atan2d ff float8 cirql_atan2d
pi - float8
random - float8
isfinite m bool
justify_days v interval cirql_justify_days
justify_hours v interval cirql_justify_hours
justify_interval v interval cirql_justify_interval
clock_timestamp - timestamptz get_current_timestamp
statement_timestamp - timestamptz now
transaction_timestamp - timestamptz now
now - timestamptz
make_date iii date
make_time iif time cirql_make_time
make_timestamp iiiiif timestamp cirql_make_timestamp
make_timestamptz iiiiif|t timestamptz cirql_make_timestamptz
cardinality a int4 cirql_cardinality
array_length ai int4 cirql_array_length
array_upper ai int4 cirql_array_length
array_lower ai int4 cirql_array_lower
array_ndims a int4 cirql_array_ndims
array_dims a text cirql_array_dims
array_to_string at|t text cirql_array_to_string
string_to_array tt|t text[] cirql_string_to_array
jsonb_typeof j text cirql_json_typeof
json_typeof j text cirql_json_typeof
jsonb_array_length j int4 cirql_json_length
json_array_length j int4 cirql_json_length
jsonb_pretty j text cirql_json_pretty
jsonb_strip_nulls j jsonb cirql_json_strip_nulls
json_strip_nulls j json cirql_json_strip_nulls
akeys h text[] map_keys
avals h text[] map_values
exist ht bool cirql_hstore_has
defined ht bool cirql_hstore_defined
hstore_to_json h json to_json
hstore_to_jsonb h jsonb to_json
aws_tags h|tt jsonb cirql_aws_tags
aws_glob t text cirql_aws_glob
aws_document t jsonb cirql_aws_document
aws_policy_std j jsonb cirql_aws_policy_std
aws_policy_open j bool cirql_aws_policy_open
aws_capitals jt jsonb cirql_aws_capitals
host w text cirql_inet_host
network w cidr cirql_inet_network
masklen w int4 cirql_inet_masklen
family w int4 cirql_inet_family
netmask w inet cirql_inet_netmask
hostmask w inet cirql_inet_hostmask
broadcast w inet cirql_inet_broadcast
abbrev w text cirql_inet_abbrev
set_masklen wi inet cirql_inet_set_masklen
inet_same_family ww bool cirql_inet_same_family
inet_merge ww cidr cirql_inet_merge
regr_count ff int8
regr_avgx ff float8
regr_avgy ff float8
gen_random_uuid - uuid
uuid_extract_version x int2
first x same
last x same
"""

BYTES = """
length y int4 octet_length
octet_length y int4
bit_length y int4 cirql_bytes_bits
md5 y text
substr yi|i bytea cirql_bytes_part
substring yi|i bytea cirql_bytes_part
bit_count y int8 cirql_bytes_ones
"""
"""Those that mean something else of bytes."""

CIDRS = """
abbrev w text cirql_cidr_abbrev
set_masklen wi cidr cirql_cidr_set_masklen
"""
"""Those that mean something else of networks."""
