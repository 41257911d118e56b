'a' || 'b', 'a' || 1, 1 || 'a', 'a' || 1.5, 'a' || true, 'x' || NULL
'a' || 1.0::float8, 'a' || '2024-01-31'::date, 'd ' || '2024-01-31 10:00'::timestamp
name || '-' || id FROM image ORDER BY id
name || size FROM image ORDER BY id
1 || 2
id || id FROM image
E'a\nb', E'tab\there', E'\x41\u00e9', E'quote\'s', 'it''s', 'back\slash', E'a\\b', E'\\\\n', E'it''s\''
U&'\0041\00e9', U&'d!0061t' UESCAPE '!'
$$dollar$$, $tag$it's$tag$
lower('ÀBc'), upper('àbc'), initcap('hello WORLD foo-bar'), initcap('a1b 2c d_e')
lower(name), upper(name), length(name) FROM image ORDER BY id
lower(5)
upper(id) FROM image
length('abc'), length(''), length('日本語'), char_length('abc'), octet_length('日本'), bit_length('ab')
length(5)
reverse('abc'), repeat('ab', 3), repeat('x', 0), repeat('x', -1)
replace('banana', 'a', 'o'), replace('abc', '', 'x'), translate('12345', '143', 'ax')
left('abcdef', 2), left('abcdef', -2), left('abc', 0), right('abcdef', 2), right('abcdef', -2)
lpad('5', 3, '0'), lpad('abc', 2), lpad('abc', 5), rpad('ab', 5, 'xy'), rpad('abc', 2), lpad('a', 3, '')
ltrim('  a '), rtrim(' a  '), btrim('  a  '), trim('  a  '), ltrim('xxabc', 'x'), rtrim('abcxyx', 'xy'), btrim('xyabcyx', 'xy')
trim(both 'x' from 'xxaxx'), trim(leading 'x' from 'xxaxx'), trim(trailing from 'a  '), trim(from ' a '), trim('x' from 'xax')
substring('abcdef', 2), substring('abcdef', 2, 3), substring('abcdef', 0, 3), substring('abcdef', -1, 4), substring('abc', 5)
substring('abc', 2, -1)
substring('abcdef' from 2 for 3), substring('abcdef' from 3), substring('abcdef' for 2)
substr('abcdef', 3), substr('abcdef', 3, 2), substr('abcdef', -2, 5)
position('c' in 'abc'), position('z' in 'abc'), position('' in 'abc'), strpos('banana', 'an'), strpos('x', '')
overlay('Txxxxas' placing 'hom' from 2 for 4), overlay('abcdef' placing 'X' from 3)
split_part('a,b,c', ',', 1), split_part('a,b,c', ',', 3), split_part('a,b,c', ',', 4), split_part('a,b,c', ',', -1), split_part('abc', '', 1)
split_part('a,b', ',', 0)
starts_with('abc', 'ab'), 'abc' ^@ 'ab', starts_with('abc', 'x')
ascii('A'), ascii(''), ascii('é'), chr(65), chr(233)
chr(0)
md5('hello'), encode(sha256('hello'), 'hex')
encode('hello'::bytea, 'hex'), encode('hello'::bytea, 'base64'), decode('68656c6c6f', 'hex'), decode('aGVsbG8=', 'base64')
encode('hello', 'nope')
convert_from('\x4869'::bytea, 'UTF8'), convert_to('Hi', 'UTF8')
concat('a', NULL, 'b'), concat('a', 1, true, 1.5), concat(NULL), concat_ws(',', 'a', NULL, 'b'), concat_ws('-', 1, 2)
concat('x', '2024-01-31'::date, 2.0::float8)
format('%s-%s', 'a', 1), format('%%'), format('%s', NULL), format('%I', 'my col'), format('%L', 'it''s'), format('%L', NULL)
format('%2$s %1$s', 'a', 'b'), format('[%5s]', 'a'), format('[%-5s]', 'a'), format('no')
format('%s')
format('%d', 1)
format('%s has %s', name, id) FROM image ORDER BY id
quote_literal('it''s'), quote_literal(5), quote_ident('my col'), quote_ident('ok'), quote_ident('Select'), quote_nullable(NULL)
string_to_array('a,b,c', ','), string_to_array('a,b,', ','), string_to_array('', ','), string_to_array('abc', NULL), string_to_array('a,b', ','::text, 'b')
string_to_array(NULL, ','), string_to_array('abc', '')
array_to_string(ARRAY['a','b'], ','), array_to_string(ARRAY['a',NULL,'b'], ','), array_to_string(ARRAY['a',NULL,'b'], ',', '*'), array_to_string(ARRAY[1,2], '-')
array_to_string(ARRAY[1.5,2.0::float8], ' ')
array_to_string(labels, '|') FROM image ORDER BY id
'abc' LIKE 'a%', 'abc' LIKE '_b_', 'abc' LIKE 'b', 'a%c' LIKE 'a\%c', 'abc' NOT LIKE 'a%', 'ABC' ILIKE 'a%', 'ABC' NOT ILIKE 'x%'
'a_c' LIKE 'a!_c' ESCAPE '!', 'abc' LIKE 'a!_c' ESCAPE '!', 'a\c' LIKE 'a\c' ESCAPE ''
name LIKE '%u%', name ILIKE '%U%', name LIKE NULL FROM image ORDER BY id
id LIKE '1%' FROM image
'abc' LIKE ANY (ARRAY['x%', 'a%']), 'abc' LIKE ALL (ARRAY['a%', '%c']), 'abc' NOT LIKE ALL (ARRAY['x%', 'a%']), 'ABC' ILIKE ANY (ARRAY['a%'])
'abc' LIKE ANY ('{x%,a%}')
'abc' = 'ABC', 'a' < 'B', 'a' < 'b', 'Z' < 'a', 'é' > 'z', 'a' < 'ab', '' < 'a'
name < 'b', name > 'a' FROM image ORDER BY id
name COLLATE "C" < 'b' FROM image ORDER BY id
to_char(5, 'nope')
'one'
'two'
pg_typeof(1), pg_typeof('x'::text), pg_typeof(1.5), pg_typeof(now()), pg_typeof(ARRAY[1])
to_bin(5), to_oct(64)
nosuchfunction(1)
lower()
lower('a', 'b')
pg_catalog.lower('ABC')
coalesce(NULL, 'a'), coalesce(NULL, NULL, 3), coalesce(name, 'none') FROM image WHERE id = 4
coalesce(1, 'x')
coalesce(owner, name, 'z') FROM image ORDER BY id
nullif('a', 'a'), nullif('a', 'b'), nullif(1, 1), nullif(name, '') FROM image WHERE id = 5
nullif(1, 'x')
pg_size_pretty(0::bigint), pg_size_pretty(10239::bigint), pg_size_pretty(10240::bigint), pg_size_pretty(123456789::bigint), pg_size_pretty(-20000::bigint)
pg_size_pretty(10485247::bigint), pg_size_pretty(10485248::bigint), pg_size_pretty(5368709120::bigint), pg_size_pretty(109951162777600::bigint)
pg_size_pretty(9223372036854775807::bigint), pg_size_pretty(1234567.9::numeric), pg_size_pretty(NULL::bigint)
to_char(0.5, 'FM990.00%'), to_char(-12.5, 'S999D9'), to_char(1234.5, 'L9,999.99'), to_char(3, 'FM999th'), to_char(12, 'RN'), to_char(-7, '999PR')
to_char(id, 'FM000'), to_char(size, '999.9'), to_char(id, CASE WHEN id < 3 THEN '9' ELSE '09' END) FROM image ORDER BY id
to_char(485, '"good" 999 "units"'), to_char(-485, 'SG999'), to_char(12.45, '99V9'), to_char(1485, '9G999'), to_char(-0.1, 'FM9.99'), to_char(100, '99')
to_char(1, 'S9PR')
length('x '::char(5)), 'x '::char(5) || 'y', 'x '::char(5) = 'x', 'abc'::char, 'abcdef'::char(3) = 'abc'
'x'::char(3) -- differs: char-blanks
regexp_instr('foobarbaz', 'b..'), regexp_instr('foobarbaz', 'b(..)', 1, 2), regexp_instr('foobarbaz', 'b(..)', 1, 2, 1, 'i', 1), regexp_instr('x', 'y')
regexp_count('abcabc', 'b', 3), regexp_count('aBc', 'b', 1, 'i'), regexp_substr('foobarbaz', 'b(..)', 1, 2, '', 1), regexp_substr('abc', 'x', 1, 1)
regexp_replace('banana', 'a', 'o', 3, 1), regexp_replace('banana', 'a', 'o', 1, 0), regexp_replace('banana', 'a', 'o', 3), regexp_replace('banana', '(a)(n)', '\2\1', 2, 2)
regexp_count('abc', 'b', 0)
regexp_like('abc', 'b', 'z')
length('abc'::bytea), octet_length('\x00ff'::bytea), bit_length('ab'::bytea), substring('abcdef'::bytea from 2 for 3), substr('abc'::bytea, 2), md5('a'::bytea)
encode(sha224('a'), 'hex'), encode(sha384('a'), 'hex'), encode(sha512('a'), 'hex'), overlay('abcd'::bytea placing 'XY'::bytea from 2), bit_count('abc'::bytea)
unistr('d\0061t\+000061\\'), unistr('plain')
unistr('\00zz')
