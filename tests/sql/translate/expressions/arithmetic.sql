-- integers
1 + 2, 5 / 2, -5 / 2, 5 / -2, 5 % 3, -5 % 3, 7 - 10, 3 * 4
2147483647 + 1
2147483648 + 1
9223372036854775807
9223372036854775808
5 / 0
5 % 0
id / 2, id % 2, -id FROM image ORDER BY id
id / 0 FROM image
number / image_id, number * 1.5 FROM version ORDER BY 1, 2
10 / 4 * 4, 10 * 4 / 4, 10 / (4 / 2), (10 - 4) / 4
1 + 2 * 3 - 4 / 2
- 5 + 3, - (5 + 3)
7 & 3, 7 | 8, 7 # 2, ~7, 1 << 4, 256 >> 3, -16 >> 2
5::smallint + 1::smallint
32767::smallint + 1::smallint
'5' + 3
3 + '5'
'a' + 3
1 + true
name + 1 FROM image
-- numeric
5.0 / 2, 5 / 2.0, 1 / 3.0, 2 / 3.0, -7.5 / 2
0.1 + 0.2, 1.10 * 3, 10.5 - 0.25, 7.5 % 2
1.5e3, 1e2, 2.5e-3
1.0 / 0
10.00, 1.50, 0.10
123456789.123456789 * 10
1e10 + 0.5
100000000000000000000 + 1
-- float
5::float8 / 2, 1::float8 / 3
size / 2, size * 2, size + 1, -size FROM image ORDER BY id
size / 0 FROM image
'NaN'::float8, 'Infinity'::float8, '-Infinity'::float8
0.1::float8 + 0.2::float8
size + id, size * number FROM image JOIN version ON image_id = id ORDER BY id, number
-- power and roots
2 ^ 3, 2 ^ 0.5, 2.0 ^ 3, 4::float8 ^ 0.5
|/ 16.0 AS a, ||/ 27.0 AS b
@ -5 AS a, @ (3 - 8) AS b, @ -5.5 AS c
2 ^ -1, (-8) ^ 3
(-8) ^ 0.5
-- functions
abs(-5), abs(-5.5), abs(-2.5::float8), abs(NULL::int)
sign(-5), sign(0), sign(2.5), sign(-2.5::float8)
round(2.5), round(3.5), round(-2.5), round(1.4), round(0.5)
round(2.5::float8), round(3.5::float8), round(-0.5::float8), round(1.5::float8)
round(2.567, 2), round(2.5, 0), round(123.456, 1), round(-2.555, 2)
round(5), round(1234, -2)
round(size, 1) FROM image
round(size::numeric, 1) FROM image WHERE id < 4 ORDER BY id
ceil(1.2), ceil(-1.2), ceiling(1.0), floor(1.8), floor(-1.8), ceil(5), floor(5)
ceil(size), floor(size) FROM image ORDER BY id
trunc(1.9), trunc(-1.9), trunc(1.987, 2), trunc(size) FROM image WHERE id = 1
mod(7, 3), mod(-7, 3), mod(7.5, 2)
div(7, 2), div(-7, 2), div(7.5, 2)
power(2, 10), power(2.0, 3), power(2::float8, 0.5), pow(9, 0.5)
sqrt(16), sqrt(2), cbrt(27), sqrt(2.0::float8)
sqrt(-1)
exp(0::float8), exp(1::float8), ln(1::float8), ln(10::float8)
ln(0)
ln(-1)
log(100::float8), log10(1000::float8), log(2.0, 8.0)
degrees(pi()), radians(180::float8), pi()
sin(1::float8), cos(1::float8), tan(1::float8), asin(1::float8), acos(1::float8), atan(1::float8), atan2(1::float8, 2::float8)
sinh(1::float8), cosh(1::float8), tanh(1::float8), cot(1::float8)
gcd(12, 18), lcm(4, 6), factorial(5)
factorial(-1)
width_bucket(5.35, 0.024, 10.06, 5), width_bucket(0, 1, 10, 3), width_bucket(11, 1, 10, 3)
scale(1.50), scale(8), scale(-0.125)
greatest(1, 2, 3), least(1, 2, 3), greatest(1, NULL, 3), least(NULL, NULL, 2)
greatest(1, 2.5), least(1, 2.5::float8)
greatest('a', 'b'), least('b', 'a', NULL)
greatest(1, 'b')
num_nulls(1, NULL, 3), num_nonnulls(1, NULL, 3)
random() < 1, random() >= 0
to_hex(255), to_hex(-1), to_hex(4294967295)
1e400::float8
1e-400::float8
1e300::float8 > 1e299
width_bucket(5, 10, 0, 5), width_bucket(0, 10, 0, 5), width_bucket(11, 10, 0, 5), width_bucket(10, 10, 0, 5), width_bucket(5, 0, 10, 5)
1e308::float8 * 10::float8
1e-200::float8 * 1e-200::float8 * 1e300::float8
0::float8 * 1e-308::float8, 1e308::float8 / 1e300::float8, 1 / 'infinity'::float8
0.1::real = 0.1, 0.1::real = 0.1::float8, 16777217::int = 16777216::real, 0.1::real IN (0.1), 0.1::real BETWEEN 0.1 AND 0.2, 0.1::real = '0.1'
1.5::real * 3, 1.1::real + 1, 1.1::real / 2, 3e38::real * 100, pg_typeof(1.5::real * 3), pg_typeof(1.5::real * 2::real)
1_000_000, 1_0.5_0, 1_0e1_0, .5, 5., 1.e2, 1_0 AS x
0xFF_FF, 0b1_0, 0o7_7, -0x10, 0xFFFFFFFFFF
1a
100_
0x
X'1F', b'10'
12345678901234567890.5 * 3
1e20 * 1e20 > 1e39, 1e37 * 100 > 1e38, 1e-30 * 1e-20 < 1e-49, 12345678901234567890.123456789 * 98765432109876543210.987654321 > 1e39
min_scale(1.500), min_scale(3), sind(30), cosd(60), tand(45), cotd(45), asind(0.5), acosd(0.5), atand(1), atan2d(1, 1), cosd(90), sind(180), tand(90)
sind(-750), cosd(135.5), tand(-30), acosd(-0.3), asind(-0.9), asinh(1), acosh(2), atanh(0.5)
acosd(2)
asin(2)
acosh(0)
exp(1.0), sqrt(2.0), sqrt(2), exp(1), sqrt('4'), trunc(1234.5, -2)
exp(99.99) -- differs: numeric-digits
1e60::float8, 1e308::float8, -1e100::float8, 1e20 * 1e20 > 1e39
size < 1e60, id < 1e60, id = 1e60 FROM image ORDER BY id
1e60 -- differs: numeric-digits
12345678901234567890123456789012345678901234567890 -- differs: numeric-digits
123456789012345678901234567890.12345678901234567890 -- differs: numeric-digits
'0.12345678901234567890123456789012345678901234567890'::numeric -- differs: numeric-digits
99999999999999999999 * 99999999999999999999 -- differs: numeric-digits
x * y FROM (VALUES (123456789.123456789, 987654321.987654321)) v(x, y)
x * y FROM (VALUES (12345678901234567890.5, 98765432109876543210.5)) v(x, y) -- differs: numeric-digits
-- quotients, roots and logarithms of numerics
9007199254740993 / 1.0, 9223372036854775807 / 10.0, 123456789012345678901 / 7.0, 99999999999999999.99 / 0.01, 12345678901234567890123456789012345678 / 10
1 / 3.0, 2 / 3.0, 100000 / 3.0, 1000000000 / 7.0, 1 / 30000.0, 22 / 7.0, -1.0 / 3, 0 / 3.0, 1.0::numeric(10,2) / 3, 1.005::numeric(10,2) / 3
id / 3.0, id::numeric / 7, 100.0 * id / 7, id * 1000000007 / 7.0, (id + 9007199254740993) / 2.0, id / -0.3 FROM image ORDER BY id
x / y FROM (VALUES (1.00, 3.000), (2, 7), (123456789.987654321, 3), (NULL, 7.0), (1e15, 3)) v(x, y)
x / 0 FROM (VALUES (1.00), (2)) v(x)
div(12345678901234567890.0, 3), div(-7.5, 2), div(7.5, -2), div(9223372036854775807, 3), div(0.1, 0.03), div(9007199254740993, 1), div('7', 2.0)
div(1.0, 0)
div(1.5::float8, 2)
sqrt(3.0), sqrt(1234567890.0), sqrt(0.0000001), sqrt(123456789012345678.0), sqrt(0.5), sqrt(99999.0), sqrt(0.0)
sqrt(-2.0)
exp(2.5), exp(-3.2), exp(10.0), exp(20.123), exp(0.0), exp(-200.0), ln(0.5), ln(1.0), ln(123456.789), ln(1.0001), ln(99.0)
ln(0.0)
log(2.0), log(0.001), log(123456789.0), log10(2.0), log(3, 81), log(2, 10.5), log(0.5, 3), log('2', 8.0)
log(1.0, 5)
2.0 ^ 10, 1.1 ^ 100, 3.0 ^ -2, 2.5 ^ 2.5, 7.0 ^ 20, 0.0 ^ 0, (-2.0) ^ 3, (-2.0) ^ 4, power(2, 0.5), 0.5 ^ 60
0.0 ^ -1
(-2.0) ^ 0.5
trim_scale(8.4100), trim_scale(5.000), trim_scale(1200), trim_scale(-0.10) = -0.1
gcd(12.5, 2.5), lcm(1.5, 2), gcd(12::numeric, 18), gcd('12', 18), lcm(0.0, 3)
width_bucket(0.3, 0, 1, 10), width_bucket(0.7, 0, 1, 10), width_bucket(5.5, 10, 0, 5), width_bucket(-1.0, 0, 1, 4), width_bucket(1.0, 0, 1, 4)
width_bucket(5, ARRAY[1, 3, 5, 10]), width_bucket(0.5, ARRAY[1, 3, 5, 10]), width_bucket('b'::text, ARRAY['a', 'c']), width_bucket(id, ARRAY[2, 4]::bigint[]) FROM image ORDER BY id
width_bucket(1.0, 2, 2, 4)
-- averages and spreads
avg(x), avg(x::numeric), stddev(x), variance(x), var_pop(x), stddev_pop(x) FROM (VALUES (9007199254740993), (9007199254740995)) v(x)
avg(x), stddev(x), variance(x), var_pop(x), stddev_pop(x) FROM (VALUES (100000.5), (200000.25), (400000), (NULL)) v(x)
avg(x), variance(x) FROM (VALUES (9223372036), (9223372035), (-9223372036)) v(x)
avg(x), avg(x) FILTER (WHERE x > 1), stddev(x) FILTER (WHERE x > 1), variance(x) FILTER (WHERE x > 100), avg(DISTINCT x), var_pop(DISTINCT x) FROM (VALUES (1), (2), (5), (2), (-2)) v(x)
x, avg(x) OVER (ORDER BY x), stddev(x) OVER (ORDER BY x), round(avg(x) FILTER (WHERE x > 1) OVER (), 3) FROM (VALUES (1), (2), (4)) v(x) ORDER BY x
avg(x), stddev(x), var_pop(x) FROM (VALUES (1)) v(x)
avg(x), stddev(x), stddev_pop(x::numeric) FROM (VALUES (1)) v(x) WHERE false
avg(x) > 2, avg(x)::int, round(avg(x), 2), avg(x) * 3, 100 * avg(x) / sum(x), avg(x)::text, sum(x) / 3.0 FROM (VALUES (1), (2), (4)) v(x)
-- ranges
int4range(1, 5) -- differs: ranges
'[2024-01-01,2024-02-01)'::daterange -- differs: ranges
isempty(numrange(1, 2)) -- differs: ranges
