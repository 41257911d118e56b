'5'::int, ' 12 '::int, '-7'::bigint, '+3'::smallint
'abc'::int
'1.5'::int
'1e3'::int
''::int
'99999999999'::int
1.5::int, 2.5::int, -2.5::int, 0.4::int
1.5::float8::int, 2.5::float8::int, 3.5::float8::int, -2.5::float8::int
'1.5'::float8, '1e3'::float8, ' 2 '::float8, 'inf'::float8, '-Infinity'::float8
'x'::float8
'1.50'::numeric, '1.555'::numeric(5,2), 12.345::numeric(4,1), 5::numeric(6,2)
12345.6::numeric(4,1)
1::numeric, 1.5::numeric, 2.5::float8::numeric
1::bool, 0::bool, 5::bool
'yes'::bool, 'on'::bool, 't'::bool, 'TRUE'::bool, 'off'::bool, ' no '::bool, '0'::bool
'maybe'::bool
true::int, false::int
true::text, false::text
true::bigint
1::text, 1.50::text, -3::text, 12345678901::text
1.0::float8::text, 0.5::float8::text, 1e10::float8::text, 1e20::float8::text, 1e-7::float8::text, 0.1::float8::text, 123456.789::float8::text
1e15::float8::text, 123456789012345::float8::text, 1e16::float8::text, -0.0001::float8::text, 0.00001::float8::text
size::text FROM image ORDER BY id
id::text, public::text, created::text FROM image ORDER BY id
'abcdef'::varchar(3), 'ab'::varchar(3), 'abcdef'::char(3)
'2024-01-31'::date, '2024-02-29'::date, 'January 5, 2024'::date, '20240105'::date
'2024-02-30'::date
'not a date'::date
'2024-01-31 10:15:30'::timestamp, '2024-01-31T10:15:30.5'::timestamp, '2024-01-31'::timestamp, '2024-01-31 10:15'::timestamp
'2024-01-31 10:15:30+02'::timestamptz, '2024-01-31 10:15:30Z'::timestamptz, '2024-01-31'::timestamptz
'2024-01-31T10:15:30Z'::timestamp, '2024-01-31 10:15:30+02'::timestamp
'10:15:30'::time, '10:15'::time, '23:59:59.5'::time
'epoch'::timestamp
'2024-01-31 10:15:30'::timestamp::date, '2024-01-31'::date::timestamp, '2024-01-31 10:15:30'::timestamp::time
'2024-01-31 10:15:30.555555'::timestamp(0), '2024-01-31 10:15:30.555555'::timestamp(2)
'2024-01-31'::date::text, '2024-01-31 10:15:30.5'::timestamp::text, '2024-01-31 10:15:30+02'::timestamptz::text
'{1,2,3}'::int[], '{a,b}'::text[], '{"a b",c}'::text[], '{}'::int[], '{NULL,1}'::int[]
'{{1,2},{3,4}}'::int[]
'{1,x}'::int[]
'1,2'::int[]
'{t,f}'::bool[], '{1.5,2}'::float8[]
ARRAY[1,2]::text[], ARRAY['1','2']::int[], ARRAY[1,2]::float8[]
ARRAY[1,2]::text, ARRAY['a','b c',NULL,'']::text
labels::text FROM image ORDER BY id
'{"b": 1, "a": [1, 2]}'::jsonb::text, '{"b": 1, "a": [1, 2]}'::json::text
'{"a":1,"a":2}'::jsonb, '{"aa":1,"b":2}'::jsonb::text
'{bad'::json
'{bad'::jsonb
''::jsonb
'5'::jsonb, '"x"'::jsonb, 'null'::jsonb, 'true'::jsonb, '[1, 2]'::jsonb
'5'::jsonb::int, '5.5'::jsonb::numeric, 'true'::jsonb::bool, '5'::jsonb::float8, '5'::jsonb::text
'"5"'::jsonb::int
'[1]'::jsonb::int
'"x"'::jsonb::text
doc::text FROM image ORDER BY id
'\x4869'::bytea, 'Hi'::bytea
'\x4869'::bytea::text
'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid, 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'::uuid::text
'zz'::uuid
NULL::int, NULL::text, NULL::timestamp, NULL::jsonb, NULL::int[]
NULL, 'x', 5, 1.5, true
CAST('5' AS integer), CAST(5 AS text), CAST(NULL AS date)
bigint '12', float8 '1.5', text 'x', date '2024-01-31', timestamp '2024-01-31 01:02:03', json '{"a": 1}', jsonb '{"a": 1}', interval '1 day'
bool 't', numeric '1.50'
id::int, size::int, size::bigint FROM image WHERE id < 4 ORDER BY id
name::int FROM image WHERE id = 1
5::date
true::float8
'2024-01-31'::date::int
id::date FROM image
date('2024-01-31 10:00'), text(5), int4('7')
B'101', X'1F'
ARRAY[1.5,2]::text -- differs: numeric-array-text
date '2024-01-31'::text, inet '10.0.0.1'::text, timestamp '2024-01-31'::date
12.5::money -- differs: money
'1e400'::float8
'-1e400'::float8
'1e-400'::float8
'1e40'::float4
'1e-60'::float4
'0e999'::float8, '0.000'::float8, 'Infinity'::float8 > 1, '3.4e38'::float4 > 1
'{1,1e400}'::float8[]
x::float8 FROM (VALUES ('1e400')) v(x)
x::float4 FROM (VALUES ('1e40')) v(x)
x::float8 FROM (VALUES ('1e-400')) v(x)
x::float8 FROM (VALUES ('infinity'), ('-inf'), (' 1.5 '), ('0e5'), ('1e308')) v(x)
('{"a":1e400}'::jsonb->>'a')::float8
('{"a":1e400}'::jsonb->'a')::float8
1234.5::money::text, (-0.456)::numeric::money::text, 1234567::bigint::money::text, NULL::numeric::money::text, '12'::money::text, 0.005::numeric::money::text
0.1::real::numeric, 123456789012.345::float8::numeric, (0.1::float8 + 0.2::float8)::numeric, 1e10::float4::numeric, 1e-7::float8::numeric
1234567.1::float8::numeric(10, 2)
