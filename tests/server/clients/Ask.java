import java.sql.*;
import java.util.*;

/** What DBeaver and Metabase do through pgjdbc; prints one line for each thing that it sees. */
public class Ask {
    public static void main(String[] args) throws Exception {
        Properties given = new Properties();
        given.setProperty("user", "aws");
        try (Connection client = DriverManager.getConnection(args[0], given)) {
            DatabaseMetaData about = client.getMetaData();
            List<String> schemas = column(about.getSchemas(), "TABLE_SCHEM");
            System.out.println("schemas " + schemas.containsAll(List.of("aws", "s3", "sagemaker")));
            System.out.println("tables " + column(about.getTables(null, "sagemaker", "image%", new String[] {"TABLE", "VIEW"}), "TABLE_NAME").contains("image_versions"));
            try (ResultSet found = about.getColumns(null, "aws", "s3_bucket", "%")) {
                while (found.next())
                    if (found.getString("COLUMN_NAME").equals("creation_date")) System.out.println("column " + found.getString("TYPE_NAME"));
            }
            System.out.println("key " + column(about.getPrimaryKeys(null, "aws", "s3_bucket"), "COLUMN_NAME"));
            System.out.println("parent " + column(about.getImportedKeys(null, "aws", "amplify_webhook"), "PKTABLE_NAME"));
            try (PreparedStatement asked = client.prepareStatement("SELECT ?::int, ?::bigint, ?::text, ?::float8, ?::boolean, ?::numeric, ?::timestamp, ?::date")) {
                for (int round = 0; round < 7; round++) {  // from the fifth on the driver prepares, and takes binary values
                    asked.setInt(1, 7); asked.setLong(2, 1L << 40); asked.setString(3, "it's"); asked.setDouble(4, 1.5); asked.setBoolean(5, true);
                    asked.setBigDecimal(6, new java.math.BigDecimal("1.50")); asked.setTimestamp(7, Timestamp.valueOf("2024-02-29 01:02:03")); asked.setDate(8, java.sql.Date.valueOf("2024-02-29"));
                    try (ResultSet row = asked.executeQuery()) {
                        row.next();
                        StringBuilder line = new StringBuilder("values");
                        for (int n = 1; n <= 8; n++) line.append(' ').append(row.getString(n));
                        if (round == 6) System.out.println(line);
                    }
                }
            }
            client.setAutoCommit(false);
            try (Statement many = client.createStatement()) {
                many.setFetchSize(100);
                int count = 0;
                try (ResultSet rows = many.executeQuery("SELECT * FROM generate_series(1, 1000)")) { while (rows.next()) count++; }
                System.out.println("fetched " + count);
            }
            client.rollback();
            client.setAutoCommit(true);
            try (Statement wrong = client.createStatement()) {
                wrong.executeQuery("SELECT nothing FROM aws.s3_bucket");
            } catch (SQLException error) { System.out.println("error " + error.getSQLState()); }
            try (Statement demo = client.createStatement(); ResultSet rows = demo.executeQuery("SELECT count(DISTINCT image_name) FROM aws.sagemaker_image_version")) {
                rows.next();
                System.out.println("images " + rows.getInt(1));
                SQLWarning warning = demo.getWarnings();
                System.out.println("warning " + (warning == null ? "none" : warning.getMessage().contains("eu-west-1")));
            }
            for (String sql : Arrays.asList(args).subList(1, args.length)) {
                try (Statement asked = client.createStatement(); ResultSet rows = asked.executeQuery(sql)) {
                    int count = 0;
                    while (rows.next()) { count++; for (int n = 1; n <= rows.getMetaData().getColumnCount(); n++) rows.getString(n); }
                    System.out.println("demo " + count + " " + rows.getMetaData().getColumnCount());
                }
            }
            try (Statement slow = client.createStatement()) {
                Thread stop = new Thread(() -> { try { Thread.sleep(500); slow.cancel(); } catch (Exception error) { System.out.println(error); } });
                stop.start();
                try { slow.executeQuery("SELECT count(*) FROM generate_series(1, 100000) a(n), generate_series(1, 100000) b(n), generate_series(1, 1000) c(n) WHERE (a.n + b.n) % 7 = 3"); System.out.println("cancelled not"); }
                catch (SQLException error) { System.out.println("cancelled " + error.getSQLState()); }
                stop.join();
            }
        }
    }

    static List<String> column(ResultSet rows, String name) throws SQLException {
        List<String> found = new ArrayList<>();
        try (rows) { while (rows.next()) found.add(rows.getString(name)); }
        return found;
    }
}
