-- Macros behind translated SQL: name(parameters) AS expression; one after the other, each ended by a semicolon.
-- See cirql.sql.functions. Arguments may be evaluated more than once.

-- text
cirql_record_field(s) AS CASE WHEN s IS NULL THEN '' WHEN s = '' OR regexp_matches(s, '[\s(),"\\]') THEN '"' || replace(replace(s, '\', '\\'), '"', '""') || '"' ELSE s END;
cirql_text_records(a, b) AS list_transform(list_zip(a, b), lambda p: '(' || cirql_record_field(p[1]) || ',' || cirql_record_field(p[2]) || ')');
cirql_substring(s, a, n) AS CASE WHEN n < 0 THEN error('negative substring length not allowed') WHEN a + n <= 1 THEN CASE WHEN s IS NOT NULL AND a IS NOT NULL AND n IS NOT NULL THEN '' END ELSE substring(s, greatest(a, 1)::BIGINT, (a + n - greatest(a, 1))::BIGINT) END;
cirql_substring_from(s, a) AS CASE WHEN a IS NOT NULL THEN substring(s, greatest(a, 1)::BIGINT) END;
cirql_length(n) AS CASE WHEN n > 268435456 THEN error('requested length too large')::INT ELSE n::INT END;
cirql_repeat(s, n) AS repeat(s, CASE WHEN n <= 0 THEN 0 WHEN n::DOUBLE * strlen(s) > 268435456 THEN error('requested length too large')::INT ELSE n::INT END);
cirql_count(n) AS CASE WHEN n > 16777216 THEN error('requested list too long')::BIGINT ELSE n::BIGINT END;
cirql_range(b) AS range(cirql_count(b)), (a, b) AS range(a, a + cirql_count(b - a)), (a, b, s) AS range(a, CASE WHEN s <> 0 AND (b - a)::DOUBLE / s > 16777216 THEN error('requested list too long')::BIGINT ELSE b END, s);
cirql_series(a, b) AS generate_series(a, CASE WHEN b::HUGEINT - a > 16777216 THEN error('the series is too long')::BIGINT ELSE b END), (a, b, s) AS generate_series(a, CASE WHEN (b::DOUBLE - a) / s > 16777216 THEN error('the series is too long')::BIGINT ELSE b END, s);
cirql_list_resize(a, n) AS list_resize(a, cirql_count(n)), (a, n, x) AS list_resize(a, cirql_count(n), x);
cirql_lpad_free(s, n) AS CASE WHEN length(s) >= n THEN s ELSE lpad(s, n::INT, ' ') END;
cirql_rpad_free(s, n) AS CASE WHEN length(s) >= n THEN s ELSE rpad(s, n::INT, ' ') END;
cirql_lpad_zero(s, n) AS CASE WHEN length(s) >= n THEN s ELSE lpad(s, n::INT, '0') END;
cirql_lpad(s, n) AS CASE WHEN n <= 0 THEN CASE WHEN s IS NOT NULL THEN '' END ELSE lpad(s, cirql_length(n), ' ') END, (s, n, f) AS CASE WHEN n <= 0 THEN CASE WHEN s IS NOT NULL AND f IS NOT NULL THEN '' END WHEN f = '' THEN left(s, n) ELSE lpad(s, cirql_length(n), f) END;
cirql_rpad(s, n) AS CASE WHEN n <= 0 THEN CASE WHEN s IS NOT NULL THEN '' END ELSE rpad(s, cirql_length(n), ' ') END, (s, n, f) AS CASE WHEN n <= 0 THEN CASE WHEN s IS NOT NULL AND f IS NOT NULL THEN '' END WHEN f = '' THEN left(s, n) ELSE rpad(s, cirql_length(n), f) END;
cirql_split_part(s, d, n) AS CASE WHEN n = 0 THEN error('field position must not be zero') WHEN d = '' THEN CASE WHEN n IN (1, -1) THEN s WHEN s IS NOT NULL THEN '' END WHEN s IS NULL OR d IS NULL OR n IS NULL THEN NULL ELSE coalesce(list_extract(string_split(s, d), n::BIGINT), '') END;
cirql_initcap(s) AS array_to_string(list_transform(regexp_extract_all(s, '[[:alnum:]\x{80}-\x{10ffff}]+|[^[:alnum:]\x{80}-\x{10ffff}]+'), lambda w: upper(w[1]) || lower(w[2:])), '');
cirql_octet_length(s) AS strlen(s);
cirql_ascii(s) AS CASE WHEN s = '' THEN 0 ELSE unicode(s) END;
cirql_chr(n) AS CASE WHEN n = 0 THEN error('null character not permitted') WHEN n < 0 OR n > 1114111 THEN error('requested character too large for encoding') ELSE chr(n::INT) END;
cirql_overlay(s, r, a, n) AS cirql_substring(s, 1, a - 1) || r || cirql_substring_from(s, a + n);
cirql_quote_literal(s) AS CASE WHEN contains(s, '\') THEN ' E''' || replace(replace(s, '\', '\\'), '''', '''''') || '''' ELSE '''' || replace(s, '''', '''''') || '''' END;
cirql_quote_nullable(s) AS coalesce(cirql_quote_literal(s), 'NULL');
cirql_quote_ident(s) AS CASE WHEN regexp_full_match(s, '[a-z_][a-z0-9_$]*') AND lower(s) NOT IN (SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category = 'reserved') THEN s ELSE '"' || replace(s, '"', '""') || '"' END;
cirql_to_hex(n) AS CASE WHEN n = 0 THEN '0' WHEN typeof(n) = 'INTEGER' AND n < 0 THEN lower(hex(n::BIGINT + 4294967296)) ELSE lower(hex(n::BIGINT)) END;
cirql_to_bin(n) AS CASE WHEN n = 0 THEN '0' WHEN typeof(n) = 'INTEGER' AND n < 0 THEN to_base(n::BIGINT + 4294967296, 2) ELSE to_base(n::BIGINT, 2) END;
cirql_to_oct(n) AS CASE WHEN n = 0 THEN '0' WHEN typeof(n) = 'INTEGER' AND n < 0 THEN to_base(n::BIGINT + 4294967296, 8) ELSE to_base(n::BIGINT, 8) END;
cirql_identity(x) AS x;

-- LIKE over arrays: NULL elements count as unknown
cirql_like_any(s, ps) AS CASE WHEN s IS NULL OR ps IS NULL THEN NULL WHEN len(list_filter(ps, lambda p: like_escape(s, p, '\'))) > 0 THEN true WHEN len(list_filter(ps, lambda p: p IS NULL)) > 0 THEN NULL ELSE false END;
cirql_ilike_any(s, ps) AS cirql_like_any(lower(s), list_transform(ps, lambda q: lower(q)));
cirql_like_all(s, ps) AS CASE WHEN ps IS NULL THEN NULL WHEN len(ps) = 0 THEN true WHEN s IS NULL THEN NULL WHEN len(list_filter(ps, lambda p: NOT like_escape(s, p, '\'))) > 0 THEN false WHEN len(list_filter(ps, lambda p: p IS NULL)) > 0 THEN NULL ELSE true END;
cirql_ilike_all(s, ps) AS cirql_like_all(lower(s), list_transform(ps, lambda q: lower(q)));
cirql_not_like_any(s, ps) AS NOT cirql_like_all(s, ps);
cirql_not_like_all(s, ps) AS NOT cirql_like_any(s, ps);
cirql_not_ilike_any(s, ps) AS NOT cirql_ilike_all(s, ps);
cirql_not_ilike_all(s, ps) AS NOT cirql_ilike_any(s, ps);

-- values from text, and values as text
cirql_text_to_int(s) AS CASE WHEN regexp_matches(s, '[.eE]') AND NOT regexp_matches(s, '0[xX]') THEN error('invalid input syntax for type integer: "' || s || '"') ELSE s END;
cirql_is_lost(x, s) AS isinf(x) AND NOT regexp_matches(s, '(?i)inf') OR x = 0 AND regexp_matches(s, '^[^eE]*[1-9]');
cirql_text_to_float8(s) AS CASE WHEN cirql_is_lost(s::DOUBLE, s) THEN error('"' || trim(s) || '" is out of range for type double precision')::DOUBLE ELSE s::DOUBLE END;
cirql_text_to_float4(s) AS CASE WHEN cirql_is_lost(s::FLOAT, s) THEN error('"' || trim(s) || '" is out of range for type real')::FLOAT ELSE s::FLOAT END;
cirql_texts_to_float8(l) AS list_transform(l, lambda s: cirql_text_to_float8(s));
cirql_texts_to_float4(l) AS list_transform(l, lambda s: cirql_text_to_float4(s));
cirql_text_to_bool(s) AS CASE WHEN s IS NULL THEN NULL WHEN lower(trim(s)) IN ('t', 'tr', 'tru', 'true', 'y', 'ye', 'yes', 'on', '1') THEN true WHEN lower(trim(s)) IN ('f', 'fa', 'fal', 'fals', 'false', 'n', 'no', 'of', 'off', '0') THEN false ELSE error('invalid input syntax for type boolean: "' || s || '"') END;
cirql_text_to_bytea(s) AS CASE WHEN starts_with(s, '\x') THEN unhex(s[3:]) ELSE encode(s) END;
cirql_bool_letter(b) AS CASE WHEN b THEN 't' WHEN NOT b THEN 'f' END;
cirql_bool_letters(a) AS list_transform(a, lambda e: CASE WHEN e THEN 't' WHEN NOT e THEN 'f' END);
cirql_bytea_text(b) AS '\x' || lower(hex(b));
cirql_float_text(x) AS CASE WHEN isnan(x) THEN 'NaN' WHEN isinf(x) THEN CASE WHEN x > 0 THEN 'Infinity' ELSE '-Infinity' END WHEN x = 0 THEN replace(x::VARCHAR, '.0', '') WHEN abs(x) >= 1e15 AND NOT contains(x::VARCHAR, 'e') THEN regexp_replace(printf('%.16e', x), '\.?0+e', 'e') WHEN abs(x) >= 1e-4 OR contains(x::VARCHAR, 'e') THEN regexp_replace(x::VARCHAR, '\.0$', '') ELSE x::VARCHAR END;
cirql_interval_text(v) AS CASE WHEN v IS NULL THEN NULL WHEN v = INTERVAL '0' SECOND AND datepart('month', v) = 0 THEN '00:00:00' ELSE concat_ws(' ', CASE WHEN datepart('year', v) <> 0 THEN datepart('year', v) || CASE WHEN datepart('year', v) = 1 THEN ' year' ELSE ' years' END END, CASE WHEN datepart('month', v) <> 0 THEN datepart('month', v) || CASE WHEN datepart('month', v) = 1 THEN ' mon' ELSE ' mons' END END, CASE WHEN datepart('day', v) <> 0 THEN datepart('day', v) || CASE WHEN datepart('day', v) = 1 THEN ' day' ELSE ' days' END END, cirql_clock_text(cirql_clock_us(v))) END;
cirql_clock_us(v) AS datepart('hour', v) * 3600000000 + datepart('minute', v) * 60000000 + datepart('microsecond', v);
cirql_clock_text(us) AS CASE WHEN us = 0 THEN NULL ELSE CASE WHEN us < 0 THEN '-' ELSE '' END || printf('%02d:%02d:%02d', abs(us) // 3600000000, abs(us) // 60000000 % 60, abs(us) // 1000000 % 60) || CASE WHEN abs(us) % 1000000 = 0 THEN '' ELSE '.' || rtrim(printf('%06d', abs(us) % 1000000), '0') END END;
cirql_money_whole(n) AS CASE WHEN n < 0 THEN '-' ELSE '' END || '$' || format('{:,}', trunc(abs(n))::BIGINT) || '.' || lpad(((abs(n) - trunc(abs(n))) * 100)::INT::VARCHAR, 2, '0');
cirql_money(n) AS cirql_money_whole(round(n::DECIMAL(38, 16), 2));
cirql_array_item(e) AS CASE WHEN e IS NULL THEN 'NULL' WHEN e = '' OR lower(e) = 'null' OR regexp_matches(e, '[{}",\\\s]') THEN '"' || replace(replace(e, '\', '\\'), '"', '\"') || '"' ELSE e END;
cirql_array_text(a) AS CASE WHEN a IS NOT NULL THEN '{' || array_to_string(list_transform(a, lambda e: cirql_array_item(e)), ',') || '}' END;
cirql_nested_array_text(a) AS replace(replace(replace(a::VARCHAR, ', ', ','), '[', '{'), ']', '}');
cirql_hstore_text(h) AS CASE WHEN h IS NOT NULL THEN array_to_string(list_transform(list_sort(map_entries(h)), lambda e: '"' || replace(replace(e.key, '\', '\\'), '"', '\"') || '"=>' || coalesce('"' || replace(replace(e.value, '\', '\\'), '"', '\"') || '"', 'NULL')), ', ') END;
cirql_to_the_microsecond(t, m) AS CASE WHEN regexp_matches(t, ':[0-9]{2}\.[0-9]{6}[5-9]') THEN m + to_microseconds(1) ELSE m END;
cirql_round_timestamp(t, n) AS make_timestamp((round(epoch_us(t) / pow(10, 6 - n)) * pow(10, 6 - n))::BIGINT);

-- numbers
cirql_sqrt(x) AS CASE WHEN x < 0 THEN error('cannot take square root of a negative number')::DOUBLE ELSE sqrt(x) END;
cirql_held(x, was_finite) AS CASE WHEN NOT isfinite(x::DOUBLE) AND was_finite THEN error('value out of range: overflow')::DOUBLE ELSE x END;
cirql_held_product(x, was_finite, was_there) AS CASE WHEN NOT isfinite(x::DOUBLE) AND was_finite THEN error('value out of range: overflow')::DOUBLE WHEN x = 0 AND was_there AND was_finite THEN error('value out of range: underflow')::DOUBLE ELSE x END;
cirql_exp(x) AS CASE WHEN x > 709.782712893384 AND NOT isinf(x) THEN error('value out of range: overflow')::DOUBLE ELSE exp(x) END;
cirql_ln(x) AS CASE WHEN x = 0 THEN error('cannot take logarithm of zero')::DOUBLE WHEN x < 0 THEN error('cannot take logarithm of a negative number')::DOUBLE ELSE ln(x) END;
cirql_log10(x) AS CASE WHEN x = 0 THEN error('cannot take logarithm of zero')::DOUBLE WHEN x < 0 THEN error('cannot take logarithm of a negative number')::DOUBLE ELSE log10(x) END;
cirql_log(b, x) AS cirql_ln(x) / cirql_ln(b);
cirql_power(a, b) AS CASE WHEN a = 0 AND b < 0 THEN error('zero raised to a negative power is undefined')::DOUBLE WHEN a < 0 AND b <> floor(b) THEN error('a negative number raised to a non-integer power yields a complex result')::DOUBLE WHEN isinf(pow(a, b)) AND NOT isinf(a) AND NOT isinf(b) THEN error('value out of range: overflow')::DOUBLE ELSE pow(a, b) END;
cirql_shift_left(a, n) AS (a::BIGINT * (pow(2, n)::BIGINT));
cirql_trunc_to(x, d) AS trunc(x * pow(10, d)::BIGINT) / pow(10, d)::BIGINT;
cirql_quotient(a, b) AS a::DOUBLE / b;
cirql_factorial(n) AS CASE WHEN n < 0 THEN error('factorial of a negative number is undefined')::HUGEINT ELSE factorial(n::INT) END;
cirql_scale(t) AS CASE WHEN contains(t, '.') THEN length(split_part(t, '.', 2)) WHEN t IS NOT NULL THEN 0 END;
cirql_width_bucket(x, lo, hi, n) AS CASE WHEN n <= 0 THEN error('count must be greater than zero')::DOUBLE WHEN lo = hi THEN error('lower bound cannot equal upper bound')::DOUBLE WHEN NOT (isfinite(lo) AND isfinite(hi)) THEN error('lower and upper bounds must be finite')::DOUBLE WHEN lo > hi THEN CASE WHEN x > lo THEN 0 WHEN x <= hi THEN n + 1 ELSE floor((lo - x) / (lo - hi) * n) + 1 END WHEN x < lo THEN 0 WHEN x >= hi THEN n + 1 ELSE floor((x - lo) / (hi - lo) * n) + 1 END;
cirql_numeric_series(a, b, s) AS list_transform(range(0, CASE WHEN (b - a) / s < 0 THEN 0 ELSE floor(((b - a) / s)::DECIMAL(38, 10))::BIGINT + 1 END), lambda i: (a + i * s)::DECIMAL(28, 10));
cirql_to_number(t) AS regexp_replace(t, '[^0-9.+-]', '', 'g');
cirql_number_text(x, slots, zeros, decimals, firm, width, grouped, point) AS CASE WHEN x IS NULL THEN NULL WHEN length(trunc(abs(x))::HUGEINT::VARCHAR) > slots AND abs(x) >= 1 THEN CASE WHEN x < 0 THEN '-' ELSE ' ' END || cirql_number_hashes(slots, decimals, grouped, point) ELSE lpad(CASE WHEN x < 0 AND round(x, 18) <> 0 THEN '-' ELSE '' END || cirql_number_whole(abs(x), slots, zeros, grouped, point) || cirql_number_part(abs(x), decimals, point), width::INT, ' ') END;
cirql_number_text_fill(x, slots, zeros, decimals, firm, width, grouped, point) AS CASE WHEN x IS NULL THEN NULL WHEN length(trunc(abs(x))::HUGEINT::VARCHAR) > slots AND abs(x) >= 1 THEN CASE WHEN x < 0 THEN '-' ELSE '' END || cirql_number_hashes(slots, decimals, grouped, point) ELSE CASE WHEN x < 0 THEN '-' ELSE '' END || cirql_number_whole(abs(x), slots, zeros, grouped, point) || cirql_number_cut(cirql_number_part(abs(x), decimals, point), firm) END;
cirql_number_hashes(slots, decimals, grouped, point) AS CASE WHEN grouped THEN format('{:,}', (pow(10, slots - 1))::BIGINT).regexp_replace('[0-9]', '#', 'g') ELSE repeat('#', slots::INT) END || CASE WHEN point THEN '.' || repeat('#', decimals::INT) ELSE '' END;
cirql_number_whole(x, slots, zeros, grouped, point) AS CASE WHEN x < 1 AND zeros = 0 AND point THEN CASE WHEN slots > 0 AND x = 0 AND NOT point THEN '0' ELSE '' END WHEN grouped AND zeros > length(trunc(x)::HUGEINT::VARCHAR) THEN format('{:,}', (pow(10, zeros) + trunc(x)::BIGINT)::BIGINT)[2:].ltrim(',') WHEN grouped THEN format('{:,}', trunc(x)::BIGINT) ELSE cirql_lpad_zero(trunc(x)::HUGEINT::VARCHAR, zeros) END;
cirql_number_part(x, decimals, point) AS CASE WHEN NOT point THEN '' WHEN decimals = 0 THEN '.' ELSE '.' || rpad(CASE WHEN contains(x::VARCHAR, '.') THEN split_part(x::VARCHAR, '.', 2) ELSE '' END, decimals::INT, '0') END;
cirql_number_cut(p, firm) AS CASE WHEN p = '' THEN '' ELSE p[:firm + 1] || rtrim(p[firm + 2:], '0') END;

-- arrays
cirql_slice(a, lo, hi) AS CASE WHEN lo IS NULL OR hi IS NULL THEN NULL WHEN hi < 1 OR lo > hi THEN a[2:1] ELSE a[greatest(lo, 1):hi] END;
cirql_element(a, i) AS CASE WHEN i >= 1 THEN list_extract(a, i::BIGINT) END;
cirql_array_contains(a, b) AS CASE WHEN a IS NULL OR b IS NULL THEN NULL ELSE len(list_filter(b, lambda e: e IS NULL)) = 0 AND list_has_all(a, b) END;
cirql_cardinality(a) AS CASE WHEN starts_with(typeof(a), 'X') THEN 0 ELSE len(a) END;
cirql_array_length(a, d) AS CASE WHEN d = 1 AND len(a) > 0 THEN len(a) WHEN d = 2 AND ends_with(typeof(a), '[][]') AND len(a) > 0 THEN json_array_length(to_json(a), '$[0]') END;
cirql_array_lower(a, d) AS CASE WHEN cirql_array_length(a, d) > 0 THEN 1 END;
cirql_array_ndims(a) AS CASE WHEN len(a) = 0 THEN NULL WHEN a IS NOT NULL THEN (length(typeof(a)) - length(replace(typeof(a), '[]', ''))) // 2 END;
cirql_array_remove(a, x) AS CASE WHEN a IS NOT NULL THEN list_filter(a, lambda e: e IS DISTINCT FROM x) END;
cirql_array_replace(a, x, y) AS CASE WHEN a IS NOT NULL THEN list_transform(a, lambda e: CASE WHEN e IS NOT DISTINCT FROM x THEN y ELSE e END) END;
cirql_array_position(a, x) AS CASE WHEN a IS NULL THEN NULL ELSE list_extract(cirql_array_positions(a, x), 1) END, (a, x, f) AS list_extract(list_filter(cirql_array_positions(a, x), lambda i: i >= f), 1);
cirql_array_positions(a, x) AS CASE WHEN a IS NOT NULL THEN list_filter(range(1, len(a) + 1), lambda i: a[i] IS NOT DISTINCT FROM x) END;
cirql_array_fill(x, dims) AS CASE WHEN len(dims) > 1 THEN error('array_fill with several dimensions is not supported') ELSE list_transform(range(0, cirql_count(dims[1])), lambda i: x) END;
cirql_trim_array(a, n) AS CASE WHEN n < 0 OR n > len(a) THEN error('number of elements to trim must be between 0 and ' || len(a)) ELSE a[1:len(a) - n] END;
cirql_array_to_string_with(a, d, n) AS array_to_string(list_transform(a, lambda e: coalesce(e, n)), d);
cirql_array_to_string(a, d) AS array_to_string(a, d);
cirql_string_to_array(s, d) AS CASE WHEN s = '' THEN []::VARCHAR[] WHEN d = '' THEN [s] WHEN d IS NULL THEN cirql_characters(s) ELSE string_split(s, d) END;
cirql_characters(s) AS CASE WHEN s = '' THEN []::VARCHAR[] ELSE regexp_extract_all(s, '(?s).') END;
cirql_nullify(a, n) AS list_transform(a, lambda e: CASE WHEN e = n THEN NULL ELSE e END);

-- regular expressions
cirql_regexp_first(s, p, g) AS list_extract(regexp_extract_all(s, p, g), 1);
cirql_regexp_once(s, p, gs) AS CASE WHEN regexp_matches(s, p) THEN list_transform(gs, lambda g: list_extract(regexp_extract_all(s, p, g), 1)) END;
cirql_regexp_every(s, p, gs) AS CASE WHEN s IS NULL OR p IS NULL THEN [] ELSE list_transform(range(1, len(regexp_extract_all(s, p, 0)) + 1), lambda i: list_transform(gs, lambda g: regexp_extract_all(s, p, g)[i])) END;
cirql_present(m) AS CASE WHEN m IS NULL THEN [] ELSE [m] END;
cirql_regexp_count(s, p) AS len(regexp_extract_all(s, p));
cirql_regexp_split(s, p) AS string_split_regex(s, p);
cirql_regexp_replacement(r) AS replace(r, '\&', '\0');

-- hstore
cirql_aws_tags(h) AS CASE WHEN len(map_keys(h)) > 0 THEN to_json(h) END, (h, k, v) AS CASE WHEN len(map_keys(h)) > 0 THEN to_json(list_transform(map_entries(h), lambda e: json_object(k, e.key, v, e.value))) END;
cirql_aws_document(t) AS CASE WHEN json_valid(t) THEN t::JSON END;
cirql_aws_policy_std(j) AS cirql_policy_standard(j::VARCHAR)::JSON;
cirql_aws_capitals(j, kept) AS cirql_capital_members(j::VARCHAR, kept)::JSON;
cirql_hstore_values(h, ks) AS list_transform(ks, lambda k: h[k]);
cirql_hstore_has(h, k) AS CASE WHEN h IS NOT NULL AND k IS NOT NULL THEN list_contains(map_keys(h), k) END;
cirql_hstore_has_any(h, ks) AS list_has_any(map_keys(h), ks);
cirql_hstore_has_all(h, ks) AS list_has_all(map_keys(h), ks);
cirql_hstore_defined(h, k) AS CASE WHEN h IS NOT NULL AND k IS NOT NULL THEN h[k] IS NOT NULL END;
cirql_hstore_contains(a, b) AS CASE WHEN a IS NULL OR b IS NULL THEN NULL ELSE len(list_filter(map_entries(b), lambda e: NOT (list_contains(map_keys(a), e.key) AND a[e.key] IS NOT DISTINCT FROM e.value))) = 0 END;
cirql_hstore_without(h, ks) AS map_from_entries(list_filter(map_entries(h), lambda e: NOT coalesce(list_contains(ks, e.key), false)));
cirql_hstore_minus(h, o) AS map_from_entries(list_filter(map_entries(h), lambda e: NOT (list_contains(map_keys(o), e.key) AND o[e.key] IS NOT DISTINCT FROM e.value)));
cirql_hstore_slice(h, ks) AS map_from_entries(list_filter(map_entries(h), lambda e: list_contains(ks, e.key)));
cirql_hstore_to_array(h) AS flatten(list_transform(map_entries(h), lambda e: [e.key, e.value]));
cirql_hstore_from_pairs(a) AS map_from_entries(list_transform(range(1, len(a), 2), lambda i: {'key': a[i], 'value': a[i + 1]}));

-- JSON
cirql_json_text(d, p) AS CASE WHEN json_type(d, p) IN ('OBJECT', 'ARRAY') THEN cirql_json_spaced(json_extract(d, p)::VARCHAR) ELSE json_extract_string(d, p) END;
cirql_json_spaced(t) AS array_to_string(list_transform(regexp_extract_all(t, '"(?:[^"\\]|\\.)*"|[^"]+'), lambda w: CASE WHEN w[1] = '"' THEN w ELSE replace(replace(w, ':', ': '), ',', ', ') END), '');
cirql_json_value_odd_key(d, k) AS CASE WHEN json_type(d) = 'OBJECT' THEN list_extract(json_extract(d, '$.*')::JSON[], list_position(json_keys(d), k)::BIGINT) END;
cirql_json_text_odd_key(d, k) AS CASE WHEN json_type(d) = 'OBJECT' THEN json_extract_string(cirql_json_value_odd_key(d, k), '$') END;
cirql_json_index_path(i) AS CASE WHEN i >= 0 THEN '$[' || i || ']' ELSE '$[#' || i || ']' END;
cirql_json_member(d, k) AS CASE WHEN k IN ('', '*') THEN cirql_json_value_odd_key(d, k) ELSE json_extract(d, '$."' || replace(replace(k, '\', '\\'), '"', '\"') || '"') END;
cirql_json_member_text(d, k) AS CASE WHEN k IN ('', '*') THEN cirql_json_text_odd_key(d, k) ELSE cirql_json_text(d, '$."' || replace(replace(k, '\', '\\'), '"', '\"') || '"') END;
cirql_json_pointer(steps) AS array_to_string(list_transform(steps, lambda s: '/' || replace(replace(s, '~', '~0'), '/', '~1')), '');
cirql_json_at_value(d, steps) AS CASE WHEN len(steps) = 0 THEN d ELSE json_extract(d, cirql_json_pointer(steps)) END;
cirql_json_at_text(d, steps) AS CASE WHEN len(steps) = 0 THEN cirql_json_text(d, '$') ELSE cirql_json_text(d, cirql_json_pointer(steps)) END;
cirql_json_or_null(j) AS coalesce(j, 'null'::JSON);
cirql_json_not_null(j) AS CASE WHEN json_type(j) <> 'NULL' THEN j END;
cirql_json_array(l) AS CASE WHEN l IS NOT NULL THEN to_json(l) END;
cirql_json_key(k) AS CASE WHEN k IS NULL THEN error('null value not allowed for object key') ELSE k END;
cirql_json_object(l) AS CASE WHEN l IS NOT NULL THEN ('{' || array_to_string(list_transform(l, lambda e: to_json(cirql_json_key(e.k))::VARCHAR || ':' || e.v::VARCHAR), ',') || '}')::JSON END;
cirql_jsonb_object(l) AS cirql_text_to_jsonb(cirql_json_object(l)::VARCHAR);
cirql_json_elements(j) AS CASE WHEN j IS NULL THEN [] WHEN json_type(j) <> 'ARRAY' THEN error('cannot extract elements from ' || CASE json_type(j) WHEN 'OBJECT' THEN 'an object' ELSE 'a scalar' END)::JSON[] ELSE json_extract(j, '$[*]')::JSON[] END;
cirql_json_elements_text(j) AS list_transform(cirql_json_elements(j), lambda e: cirql_json_text(e, '$'));
cirql_json_member_names(j) AS CASE WHEN j IS NULL THEN [] WHEN json_type(j) <> 'OBJECT' THEN error('cannot call jsonb_each on a non-object')::VARCHAR[] ELSE json_keys(j) END;
cirql_json_members(j) AS CASE WHEN json_type(j) = 'OBJECT' THEN json_extract(j, '$.*')::JSON[] ELSE [] END;
cirql_json_member_texts(j) AS list_transform(cirql_json_members(j), lambda e: cirql_json_text(e, '$'));
cirql_json_typeof(j) AS CASE json_type(j) WHEN 'OBJECT' THEN 'object' WHEN 'ARRAY' THEN 'array' WHEN 'VARCHAR' THEN 'string' WHEN 'BOOLEAN' THEN 'boolean' WHEN 'NULL' THEN 'null' WHEN NULL THEN NULL ELSE CASE WHEN j IS NOT NULL THEN 'number' END END;
cirql_json_length(j) AS CASE WHEN j IS NULL THEN NULL WHEN json_type(j) <> 'ARRAY' THEN error('cannot get array length of a ' || CASE json_type(j) WHEN 'OBJECT' THEN 'non-array' ELSE 'scalar' END)::UBIGINT ELSE json_array_length(j) END;
cirql_json_has(j, k) AS CASE json_type(j) WHEN 'OBJECT' THEN list_contains(json_keys(j), k) WHEN 'ARRAY' THEN list_contains(list_transform(list_filter(json_extract(j, '$[*]')::JSON[], lambda e: json_type(e) = 'VARCHAR'), lambda e: json_extract_string(e, '$')), k) WHEN 'VARCHAR' THEN json_extract_string(j, '$') = k ELSE CASE WHEN j IS NOT NULL AND k IS NOT NULL THEN false END END;
cirql_json_has_any(j, ks) AS CASE WHEN j IS NULL OR ks IS NULL THEN NULL ELSE len(list_filter(ks, lambda q: cirql_json_has(j, q))) > 0 END;
cirql_json_has_all(j, ks) AS CASE WHEN j IS NULL OR ks IS NULL THEN NULL ELSE len(list_filter(ks, lambda q: NOT cirql_json_has(j, q))) = 0 END;
cirql_json_to_number(j) AS CASE WHEN j IS NULL OR json_type(j) = 'NULL' THEN NULL WHEN json_type(j) IN ('OBJECT', 'ARRAY', 'VARCHAR', 'BOOLEAN') THEN error('cannot cast jsonb ' || cirql_json_typeof(j) || ' to a number') ELSE j::VARCHAR END;
cirql_json_to_bool(j) AS CASE WHEN j IS NULL OR json_type(j) = 'NULL' THEN NULL WHEN json_type(j) <> 'BOOLEAN' THEN error('cannot cast jsonb ' || cirql_json_typeof(j) || ' to type boolean')::BOOLEAN ELSE j::VARCHAR = 'true' END;
cirql_is_json(t, wanted) AS CASE WHEN t IS NULL THEN NULL WHEN NOT json_valid(t) THEN false ELSE CASE wanted WHEN 'OBJECT' THEN json_type(t) = 'OBJECT' WHEN 'ARRAY' THEN json_type(t) = 'ARRAY' WHEN 'SCALAR' THEN json_type(t) NOT IN ('OBJECT', 'ARRAY') ELSE true END END;
cirql_moment_json(t) AS to_json(strftime(t, '%Y-%m-%dT%H:%M:%S') || cirql_fraction(t));
cirql_instant_json(t) AS to_json(strftime(t, '%Y-%m-%dT%H:%M:%S') || cirql_fraction(t) || '+00:00');
cirql_fraction(t) AS CASE WHEN date_part('microsecond', t) % 1000000 = 0 THEN '' ELSE '.' || rtrim(printf('%06d', date_part('microsecond', t) % 1000000), '0') END;
cirql_jsonb_texts(l) AS list_transform(l, lambda j: cirql_jsonb_print(j::VARCHAR));
cirql_jsonb_text(j) AS cirql_jsonb_print(j::VARCHAR);
cirql_jsonb_same(j) AS cirql_jsonb_comparable(j::VARCHAR);
cirql_jsonb_group(j) AS CASE WHEN regexp_matches(j::VARCHAR, '[0-9][.eE]|-0') THEN cirql_jsonb_comparable(j::VARCHAR) ELSE j::VARCHAR END;
cirql_json_key_of(j) AS cirql_jsonb_key(j::VARCHAR);
cirql_json_pretty(j) AS cirql_jsonb_pretty(j::VARCHAR);
cirql_text_to_jsonb(t) AS cirql_jsonb_compact(t::VARCHAR)::JSON;
cirql_json_contains(a, b) AS cirql_jsonb_contains(a::VARCHAR, b::VARCHAR);
cirql_json_concat(a, b) AS cirql_jsonb_concat(a::VARCHAR, b::VARCHAR)::JSON;
cirql_json_without(j, ks) AS cirql_jsonb_without(j::VARCHAR, ks)::JSON;
cirql_json_without_index(j, i) AS cirql_jsonb_without_index(j::VARCHAR, i::BIGINT)::JSON;
cirql_json_delete_path(j, p) AS cirql_jsonb_delete_path(j::VARCHAR, p)::JSON;
cirql_json_set(j, p, v, c) AS cirql_jsonb_set(j::VARCHAR, p, v::VARCHAR, c)::JSON;
cirql_json_insert(j, p, v, c) AS cirql_jsonb_insert(j::VARCHAR, p, v::VARCHAR, c)::JSON;
cirql_json_strip_nulls(j) AS cirql_jsonb_strip(j::VARCHAR)::JSON;
cirql_jsonpath(j, p) AS CASE WHEN j IS NULL THEN [] ELSE cirql_jsonb_path(j::VARCHAR, p)::JSON[] END;
cirql_jsonpath_array(j, p) AS CASE WHEN j IS NOT NULL THEN ('[' || array_to_string(cirql_jsonb_path(j::VARCHAR, p), ',') || ']')::JSON END;
cirql_jsonpath_first(j, p) AS list_extract(cirql_jsonb_path(j::VARCHAR, p), 1)::JSON;
cirql_json_path_exists(j, p) AS len(cirql_jsonb_path(j::VARCHAR, p)) > 0;
cirql_json_path_match(j, p) AS CASE list_extract(cirql_jsonb_path(j::VARCHAR, p), 1) WHEN 'true' THEN true WHEN 'false' THEN false END;
cirql_json_object_from_pairs(a) AS cirql_json_object(list_transform(range(1, len(a), 2), lambda i: {'k': a[i], 'v': coalesce(to_json(a[i + 1]), 'null'::JSON)}));
cirql_json_object_from_lists(a, b) AS cirql_json_object(list_transform(range(1, len(a) + 1), lambda i: {'k': a[i], 'v': coalesce(to_json(b[i]), 'null'::JSON)}));
cirql_json_equal(a, b) AS cirql_jsonb_compact(a) = cirql_jsonb_compact(b);
cirql_text_to_hstore(t) AS cirql_hstore_from_pairs(cirql_hstore_items(t));
cirql_text_to_array(t) AS cirql_array_items(t);
cirql_sqlite_each_keys(j) AS CASE json_type(j) WHEN 'OBJECT' THEN json_keys(j) WHEN 'ARRAY' THEN list_transform(range(0, json_array_length(j)::BIGINT), lambda i: i::VARCHAR) ELSE [NULL] END;
cirql_sqlite_each_values(j) AS CASE json_type(j) WHEN 'OBJECT' THEN list_transform(json_extract(j, '$.*')::JSON[], lambda e: json_extract_string(e, '$')) WHEN 'ARRAY' THEN list_transform(json_extract(j, '$[*]')::JSON[], lambda e: json_extract_string(e, '$')) ELSE [json_extract_string(j, '$')] END;
cirql_sqlite_json_type(j, p) AS CASE json_type(j, p) WHEN 'VARCHAR' THEN 'text' WHEN 'UBIGINT' THEN 'integer' WHEN 'BIGINT' THEN 'integer' WHEN 'DOUBLE' THEN 'real' WHEN 'BOOLEAN' THEN json_extract_string(j, p) ELSE lower(json_type(j, p)) END;

-- encodings
cirql_encode_hex(b) AS lower(hex(b));
cirql_encode_base64(b) AS rtrim(regexp_replace(to_base64(b), '(.{76})', '\1' || chr(10), 'g'), chr(10));
cirql_encode_escape(b) AS decode(b);
cirql_decode_hex(t) AS unhex(regexp_replace(t, '\s', '', 'g'));
cirql_decode_base64(t) AS from_base64(regexp_replace(t, '\s', '', 'g'));
cirql_decode_escape(t) AS encode(t);

-- moments
cirql_part_second(t) AS (date_part('microseconds', t)::DECIMAL(18, 0) * 0.000001::DECIMAL(7, 6))::DECIMAL(18, 6);
cirql_part_milliseconds(t) AS (date_part('microseconds', t)::DECIMAL(18, 0) * 0.001::DECIMAL(4, 3))::DECIMAL(18, 3);
cirql_part_epoch(t) AS (epoch_us(t)::DECIMAL(20, 0) * 0.000001::DECIMAL(7, 6))::DECIMAL(26, 6);
cirql_part_julian(t) AS julian(t)::DECIMAL(38, 10);
cirql_part_decade(v) AS (date_part('year', v) // 10)::DECIMAL(18, 0);
cirql_part_century(v) AS (date_part('year', v) // 100)::DECIMAL(18, 0);
cirql_part_millennium(v) AS (date_part('year', v) // 1000)::DECIMAL(18, 0);
cirql_interval_epoch(v) AS ((datepart('year', v) * 31557600 + datepart('month', v) * 2592000 + datepart('day', v) * 86400)::DECIMAL(20, 0) + cirql_clock_us(v)::DECIMAL(20, 0) * 0.000001::DECIMAL(7, 6))::DECIMAL(26, 6);
cirql_time_between(a, b) AS to_microseconds(datediff('microsecond', a, b));
cirql_trunc_years(t, n) AS make_timestamp(((date_part('year', t) - 1) // n) * n + 1, 1, 1, 0, 0, 0);
cirql_between(a, b) AS to_days(((epoch_us(b) - epoch_us(a)) // 86400000000)::INT) + to_microseconds((epoch_us(b) - epoch_us(a)) % 86400000000);
cirql_interval_times(v, f) AS to_months(trunc(datepart('year', v) * 12 * f + datepart('month', v) * f)::INT) + to_days(trunc(cirql_days_of(v, f))::INT) + to_microseconds(round((cirql_days_of(v, f) - trunc(cirql_days_of(v, f))) * 86400000000 + cirql_clock_us(v) * f)::BIGINT);
cirql_days_of(v, f) AS datepart('day', v) * f + ((datepart('year', v) * 12 + datepart('month', v)) * f - trunc((datepart('year', v) * 12 + datepart('month', v)) * f)) * 30;
cirql_interval_of(n, unit) AS CASE unit WHEN 'year' THEN to_months((n * 12)::INT) WHEN 'month' THEN to_months(n::INT) WHEN 'week' THEN to_days((n * 7)::INT) WHEN 'day' THEN to_days(n::INT) WHEN 'hour' THEN to_microseconds((n * 3600000000)::BIGINT) WHEN 'minute' THEN to_microseconds((n * 60000000)::BIGINT) ELSE to_microseconds((n * 1000000)::BIGINT) END;
cirql_make_interval(y, mo, w, d, h, mi, s) AS to_months((y * 12 + mo)::INT) + to_days((w * 7 + d)::INT) + to_microseconds((h::DOUBLE * 3600000000 + mi::DOUBLE * 60000000 + s::DOUBLE * 1000000)::BIGINT);
cirql_justify_days(v) AS to_months((datepart('year', v) * 12 + datepart('month', v) + datepart('day', v) // 30)::INT) + to_days((datepart('day', v) % 30)::INT) + to_microseconds(cirql_clock_us(v));
cirql_justify_hours(v) AS to_months((datepart('year', v) * 12 + datepart('month', v))::INT) + to_days((datepart('day', v) + cirql_clock_us(v) // 86400000000)::INT) + to_microseconds(cirql_clock_us(v) % 86400000000);
cirql_justify_interval(v) AS cirql_justify_days(cirql_justify_hours(v));
cirql_make_time(h, m, s) AS make_time(h, m, s);
cirql_make_timestamp(y, mo, d, h, mi, s) AS make_timestamp(y, mo, d, h, mi, s);
cirql_date_bin(stride, t, origin) AS CASE WHEN datepart('year', stride) <> 0 OR datepart('month', stride) <> 0 THEN error('timestamps cannot be binned into intervals containing months or years') WHEN datepart('day', stride) * 86400000000 + cirql_clock_us(stride) <= 0 THEN error('stride must be greater than zero') ELSE time_bucket(stride, t, origin) END;
cirql_overlaps(a, b, c, d) AS (least(a, b), greatest(a, b)) IS NOT NULL AND CASE WHEN least(a, b) = least(c, d) THEN true WHEN least(a, b) < least(c, d) THEN least(c, d) < greatest(a, b) ELSE least(a, b) < greatest(c, d) END;
cirql_char_d(t) AS (date_part('dow', t) + 1)::VARCHAR;
cirql_char_w(t) AS ((date_part('day', t) - 1) // 7 + 1)::VARCHAR;
cirql_char_ww(t) AS printf('%02d', (date_part('doy', t) - 1) // 7 + 1);
cirql_char_ssss(t) AS (date_part('hour', t) * 3600 + date_part('minute', t) * 60 + date_part('second', t))::VARCHAR;
cirql_char_y(t) AS right(strftime(t, '%Y'), 1);
cirql_char_yyy(t) AS right(strftime(t, '%Y'), 3);
cirql_char_y_yyy(t) AS left(strftime(t, '%Y'), -3) || ',' || right(strftime(t, '%Y'), 3);
cirql_char_iyy(t) AS right(strftime(t, '%G'), 3);
cirql_char_iy(t) AS right(strftime(t, '%G'), 2);
cirql_char_i(t) AS right(strftime(t, '%G'), 1);
cirql_char_iddd(t) AS printf('%03d', (date_part('week', t) - 1) * 7 + date_part('isodow', t));
cirql_char_tz(t) AS CASE WHEN t IS NULL THEN NULL WHEN typeof(t) = 'TIMESTAMP WITH TIME ZONE' THEN 'UTC' ELSE '' END;
cirql_char_tz_lower(t) AS lower(cirql_char_tz(t));
cirql_char_of(t) AS CASE WHEN t IS NOT NULL THEN '+00' END;
cirql_char_tzm(t) AS CASE WHEN t IS NOT NULL THEN '00' END;
cirql_char_meridiem(t) AS CASE WHEN date_part('hour', t) < 12 THEN 'A.M.' ELSE 'P.M.' END;
cirql_char_meridiem_lower(t) AS lower(cirql_char_meridiem(t));
cirql_char_ff1(t) AS left(strftime(t, '%f'), 1);
cirql_char_ff2(t) AS left(strftime(t, '%f'), 2);
cirql_char_ff3(t) AS left(strftime(t, '%f'), 3);
cirql_char_ff4(t) AS left(strftime(t, '%f'), 4);
cirql_char_ff5(t) AS left(strftime(t, '%f'), 5);
cirql_char_ff6(t) AS strftime(t, '%f');

-- aggregates: the most frequent value, the smallest of several
cirql_mode(x) AS list_extract(list_transform(list_sort(list_transform(list_distinct(list(x)), lambda v: {'n': -len(list_filter(list(x), lambda w: w = v)), 'v': v})), lambda e: e.v), 1);

-- SQLite's dates
cirql_sqlite_moment(s) AS try_cast(CASE WHEN regexp_full_match(s, '\d{2}:\d{2}(:\d{2}(\.\d+)?)?') THEN '2000-01-01 ' || s ELSE regexp_replace(s, 'Z$', '') END AS TIMESTAMP);
cirql_sqlite_epoch(n) AS make_timestamp((n * 1000000)::BIGINT);
cirql_sqlite_julian(n) AS make_timestamp(((n - 2440587.5) * 86400000000)::BIGINT);
cirql_sqlite_months(t, n) AS date_trunc('month', t) + to_months(n) + (t - date_trunc('month', t));
cirql_sqlite_date(t) AS strftime(t, '%Y-%m-%d');
cirql_sqlite_time(t) AS strftime(t, '%H:%M:%S');
cirql_sqlite_datetime(t) AS strftime(t, '%Y-%m-%d %H:%M:%S');
cirql_sqlite_julianday(t) AS 2440587.5::DOUBLE + epoch_us(t) / 86400000000::DOUBLE;
cirql_sqlite_unixepoch(t) AS epoch(t);
cirql_sqlite_weekday(t, n) AS t + to_days(((n - date_part('dow', t) + 7) % 7)::INT);
