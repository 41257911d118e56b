// What a program on pgx does; prints one line for each thing that it sees.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func names(client *pgx.Conn, sql string, values ...any) map[string]bool {
	rows, err := client.Query(context.Background(), sql, values...)
	must(err)
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	must(err)
	every := map[string]bool{}
	for _, name := range found {
		every[name] = true
	}
	return every
}

func code(err error) string {
	var told *pgconn.PgError
	if errors.As(err, &told) {
		return told.Code
	}
	return fmt.Sprint(err)
}

// count reads a statement to its end, columns of any type.
func count(client *pgx.Conn, sql string, values ...any) (int, int) {
	rows, err := client.Query(context.Background(), sql, values...)
	must(err)
	number := 0
	for rows.Next() {
		_, err := rows.Values()
		must(err)
		number++
	}
	must(rows.Err())
	return number, len(rows.FieldDescriptions())
}

func main() {
	all := context.Background()
	config, err := pgx.ParseConfig(os.Args[1])
	must(err)
	var heard []string
	config.OnNotice = func(_ *pgconn.PgConn, notice *pgconn.Notice) {
		heard = append(heard, notice.Severity+" "+notice.Message)
	}
	client, err := pgx.ConnectConfig(all, config)
	must(err)
	defer client.Close(all)

	schemas := names(client, "SELECT schema_name FROM information_schema.schemata")
	fmt.Println("schemas", schemas["aws"] && schemas["s3"])
	tables := names(client, "SELECT table_name FROM information_schema.tables WHERE table_schema = $1", "sagemaker")
	fmt.Println("tables", tables["image_versions"])
	described, err := client.Prepare(all, "described", "SELECT name, creation_date, tags FROM aws.s3_bucket WHERE name = $1")
	must(err)
	for _, column := range described.Fields {
		fmt.Println("column", column.Name, column.DataTypeOID)
	}

	var number int32
	var large int64
	var text string
	var real float64
	var is bool
	var moment time.Time
	var bytes []byte
	var list []string
	var document map[string]any
	var nothing *string
	given := []any{int32(7), int64(1) << 40, "it's", 1.5, true, time.Date(2024, 2, 29, 1, 2, 3, 0, time.UTC), []byte{0, 255}, []string{"p", "q"}, map[string]any{"x": 1}, nil}
	must(client.QueryRow(all, "SELECT $1::int, $2::bigint, $3::text, $4::float8, $5::boolean, $6::timestamptz, $7::bytea, $8::text[], $9::jsonb, $10::text", given...).
		Scan(&number, &large, &text, &real, &is, &moment, &bytes, &list, &document, &nothing))
	fmt.Println("values", number, large, text, real, is, moment.UTC().Format(time.RFC3339), bytes, list, document, nothing == nil)

	for _, sql := range os.Args[2:] {
		rows, columns := count(client, sql)
		fmt.Println("demo", rows, columns)
	}
	fmt.Println("warned", strings.Contains(strings.Join(heard, " "), "eu-west-1"))
	_, err = client.Exec(all, "SELECT nothing FROM aws.s3_bucket")
	fmt.Println("error", code(err))

	asked := make(chan error)
	go func() {
		_, err := client.Exec(all, "SELECT pg_sleep(60)")
		asked <- err
	}()
	for {
		select {
		case err := <-asked:
			fmt.Println("cancelled", code(err))
			return
		case <-time.After(200 * time.Millisecond): // again, where the first came before the statement
			must(client.PgConn().CancelRequest(all))
		}
	}
}
