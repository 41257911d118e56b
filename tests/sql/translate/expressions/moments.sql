date '2024-01-31' + 1, date '2024-03-01' - 1, date '2024-03-01' - date '2024-01-31', 1 + date '2024-01-31'
date '2024-01-31' + interval '1 month', date '2024-01-31' - interval '1 day', timestamp '2024-01-31 10:00' + interval '1 month', timestamp '2024-03-31' - interval '1 month'
timestamp '2024-01-31 10:00' - timestamp '2024-01-30 09:00', timestamp '2024-01-30' - timestamp '2024-01-31 12:00', timestamptz '2024-01-31 10:00+02' - timestamptz '2024-01-31 10:00Z'
timestamp '2024-01-31' + interval '1 year 2 months 3 days 04:05:06.5', timestamp '2024-02-29' + interval '1 year', timestamp '2024-01-31 23:59:59' + interval '1 second'
date '2024-01-31' + time '10:30', time '10:00' + interval '90 minutes', time '10:00' - time '09:30'
created + interval '1 month', created - interval '36 hours', created::date + 7 FROM image ORDER BY id
created - timestamp '2024-01-01', created - '2024-01-01' FROM image ORDER BY id
created > '2024-02-01', created = '2024-02-29', created < timestamp '2024-01-01', created::date = '2024-07-04' FROM image ORDER BY id
created BETWEEN '2024-01-01' AND '2024-12-31', created IN ('2024-02-29', '2024-07-04 12:00') FROM image ORDER BY id
interval '1 day', interval '1 year 2 mons', interval '3 days 04:05:06', interval '1-2' year to month, interval '2' hour, interval '90 minutes', interval '1.5 days', interval '1 week'
interval '-1 day', interval '1 day ago', interval 'P1Y2M3DT4H5M6S', interval '1 month -1 day', interval '0.5 months', interval '100 ms', interval '1 day 25 hours'
'1 day'::interval + '2 hours'::interval, interval '1 month' - interval '1 day', -interval '1 day', interval '1 day' * 2, interval '1 day' * 1.5, 2 * interval '1 hour', interval '1 day' / 2, interval '1 month' / 3, interval '1 year' * 0.5
interval 'x'
interval '1 day' = interval '24 hours', interval '1 month' > interval '29 days', interval '1 day' < interval '25 hours'
interval '1 day 02:00'::text, interval '1 year 2 mons'::text, interval '-1 day'::text, interval '90 minutes'::text, interval '1.5 seconds'::text, interval '0'::text, interval '1 mon -1 day'::text
extract(year from timestamp '2024-01-31 10:15:30.25'), extract(month from date '2024-01-31'), extract(day from date '2024-01-31'), extract(hour from timestamp '2024-01-31 10:15:30')
extract(second from timestamp '2024-01-31 10:15:30.25'), extract(milliseconds from timestamp '2024-01-31 10:15:30.25'), extract(microseconds from timestamp '2024-01-31 10:15:30.25'), extract(minute from timestamp '2024-01-31 10:15:30')
extract(dow from date '2024-01-28'), extract(dow from date '2024-01-31'), extract(isodow from date '2024-01-28'), extract(doy from date '2024-12-31'), extract(week from date '2024-12-30'), extract(isoyear from date '2024-12-30'), extract(quarter from date '2024-05-01')
extract(epoch from timestamp '2024-01-31 10:15:30.25'), extract(epoch from interval '1 day 02:00'), extract(epoch from interval '1 year'), extract(epoch from timestamptz '2024-01-31 10:15:30+02'), extract(epoch from date '2024-01-31')
extract(century from date '2024-01-31'), extract(decade from date '2024-01-31'), extract(millennium from date '2024-01-31')
extract(day from interval '40 days 10:00'), extract(hour from interval '40 hours'), extract(month from interval '14 months'), extract(year from interval '14 months'), extract(second from interval '61.5 seconds')
extract(year from created), extract(epoch from created) FROM image ORDER BY id
extract(hour from time '10:15:30'), extract(second from time '10:15:30.5')
extract(hour from date '2024-01-31')
extract(year from 'x'::text)
extract(nope from date '2024-01-31')
date_part('year', timestamp '2024-01-31'), date_part('epoch', timestamp '2024-01-31 00:00:00.5'), date_part('dow', date '2024-01-28'), date_part('second', interval '1.5 seconds')
date_trunc('month', timestamp '2024-01-31 10:15:30'), date_trunc('hour', timestamp '2024-01-31 10:15:30'), date_trunc('week', timestamp '2024-01-31'), date_trunc('quarter', timestamp '2024-05-31'), date_trunc('year', date '2024-05-31'), date_trunc('day', timestamptz '2024-01-31 10:15+02')
date_trunc('decade', timestamp '2024-05-31'), date_trunc('century', timestamp '2024-05-31'), date_trunc('milliseconds', timestamp '2024-01-31 10:15:30.123456'), date_trunc('day', interval '3 days 10:00')
date_trunc('month', created) FROM image ORDER BY id
date_trunc('day', timestamptz '2024-01-31 23:00Z', 'America/New_York')
date_trunc('nope', timestamp '2024-01-31')
date_bin('15 minutes', timestamp '2024-01-31 10:22:30', timestamp '2024-01-01'), date_bin('1 day', timestamp '2023-12-31 10:00', timestamp '2024-01-01 06:00'), date_bin(interval '1 hour', created, timestamp '2001-01-01') FROM image WHERE id = 1
date_bin('1 month', timestamp '2024-01-31', timestamp '2024-01-01')
age(timestamp '2024-03-01', timestamp '2024-01-31'), age(timestamp '2024-05-15 10:00', timestamp '2023-03-20 12:30'), age(timestamp '2023-01-01', timestamp '2024-01-01')
age(created, '2023-01-01') FROM image ORDER BY id
to_char(timestamp '2024-01-05 14:05:09.123', 'YYYY-MM-DD HH24:MI:SS'), to_char(timestamp '2024-01-05 14:05:09.123', 'HH12:MI AM'), to_char(timestamp '2024-01-05 14:05:09.123', 'MS US'), to_char(date '2024-01-05', 'DD Mon YYYY')
to_char(timestamp '2024-01-05 14:05', 'Month|month|MONTH'), to_char(timestamp '2024-01-05 14:05', 'FMMonth FMDD, YYYY'), to_char(timestamp '2024-01-05', 'Day|DY|dy'), to_char(timestamp '2024-01-05', 'FMDay'), to_char(timestamp '2024-01-05', 'yyyy/mm/dd')
to_char(timestamp '2024-01-05', 'DDD D ID IW WW W Q CC'), to_char(timestamp '2024-12-30', 'IYYY-IW'), to_char(timestamp '2024-01-05 14:05', '"at" HH24"h"MI'), to_char(timestamp '2024-01-05', 'YY Y YYY'), to_char(timestamp '2024-01-05 01:02:03', 'HH24MISS'), to_char(timestamp '2024-01-05', '100%')
to_char(created, 'YYYY-MM') FROM image ORDER BY id
to_char(timestamptz '2024-01-05 14:05Z', 'TZ OF'), to_char(interval '1 day 02:03:04', 'DD HH24:MI:SS'), to_char(timestamp '2024-01-05 14:05', 'P.M. a.m.'), to_char(timestamp '2024-01-05 12:34:56', 'SSSS')
to_char(1234.5, '9999.99'), to_char(1234.5, '9,999.9'), to_char(0.5, '0.99'), to_char(-5, '999'), to_char(5, '000'), to_char(12345, '999'), to_char(1234567, 'FM9,999,999'), to_char(3.14159, 'FM990.00'), to_char(0, '9'), to_char(0.1, '9.9'), to_char(1.5, 'FM9.99')
to_date('2024-01-31', 'YYYY-MM-DD'), to_date('31/01/2024', 'DD/MM/YYYY'), to_date('Jan 5 2024', 'Mon DD YYYY'), to_timestamp('2024-01-31 10:15:30', 'YYYY-MM-DD HH24:MI:SS'), to_timestamp('31.01.2024 22:15', 'DD.MM.YYYY HH24:MI')
to_date('nope', 'YYYY-MM-DD')
to_timestamp(0), to_timestamp(1706695200.5), to_number('1,234.50', '9,999.99'), to_number('-12', '999')
make_date(2024, 1, 31), make_timestamp(2024, 1, 31, 10, 15, 30.5), make_time(10, 15, 30.5), make_interval(days => 3), make_interval(1, 2, 3, 4, 5, 6, 7.5), make_interval(hours => 10, mins => 30)
make_date(2024, 2, 30)
justify_days(interval '40 days'), justify_hours(interval '50 hours'), justify_interval(interval '1 mon 40 days 30 hours')
isfinite(date '2024-01-31'), isfinite(timestamp '2024-01-31')
(date '2024-01-01', date '2024-02-01') OVERLAPS (date '2024-01-15', date '2024-03-01'), (timestamp '2024-01-01', interval '1 day') OVERLAPS (timestamp '2024-01-02', interval '1 day')
timestamp '2024-01-31 10:00' AT TIME ZONE 'America/New_York', timestamptz '2024-01-31 10:00Z' AT TIME ZONE 'America/New_York', timestamptz '2024-07-31 10:00Z' AT TIME ZONE 'Europe/Paris', timezone('UTC', timestamp '2024-01-31 10:00')
now() > timestamp '2024-01-01', current_date > date '2024-01-01', current_timestamp = now(), localtimestamp > '2024-01-01', 'now'::timestamp > '2024-01-01', 'today'::date = current_date, 'yesterday'::date = current_date - 1
generate_series(timestamp '2024-01-01', timestamp '2024-01-03', interval '1 day')
generate_series(timestamp '2024-01-31', timestamp '2024-05-01', '1 month')
generate_series(date '2024-01-01', date '2024-01-03', '1 day')
created + 1 FROM image
timestamp '2024-01-31' + 5
date '2024-01-31' * 2
created = 5 FROM image
'2024-01-31'::date < '2024-02-01'::timestamp, '2024-01-31'::date = '2024-01-31'::timestamptz, date '2024-01-31' > '2024-01-30'
greatest(date '2024-01-31', date '2024-02-01'), least(timestamp '2024-01-31', '2023-01-01')
clock_timestamp() >= now(), statement_timestamp() = transaction_timestamp()
timestamp '2024-01-01 00:00:00.1234567', timestamp '2024-01-01 00:00:00.1234563', timestamptz '2024-12-31 23:59:59.9999999Z', time '10:00:00.1234568'
('2024-01-01 00:00:00.1234567'::text)::timestamp, ('2024-01-01 00:00:00.1234567'::text)::timestamptz, ('23:00:00.1234567'::text)::time, ('2024-01-01'::text)::timestamp
(timestamptz '2024-01-01 10:11:12.123456Z')::time, '2024-01-01 00:00:00.5 +0130'::timestamptz, '2024-01-01 00:00:00-05:30'::timestamptz
justify_interval(interval '1 mon -1 hour'), justify_interval(interval '-1 mon 1 hour'), justify_interval(interval '-40 days')
justify_days(interval '1 mon -5 days'), justify_days(interval '-1 mon 35 days'), justify_days(interval '70 days 30 hours')
justify_hours(interval '1 day -1 hour'), justify_hours(interval '-1 day 30 hours'), justify_hours(interval '2 mon 49 hours')
to_char(timestamp '2024-01-05 15:04:05', 'J'), to_char(date '1999-12-31', 'J')
make_timestamptz(2024, 2, 29, 1, 2, 3.5), make_timestamptz(2024, 2, 29, 1, 2, 3.5, 'Europe/Berlin')
make_timestamptz(2024, 13, 1, 0, 0, 0)
