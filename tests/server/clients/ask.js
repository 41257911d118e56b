// What a program on node-postgres does; prints one line for each thing that it sees.
const [{ Client }, Cursor] = [require("pg"), require("pg-cursor")];
(async () => {
  const client = new Client({ connectionString: process.argv[2] });
  const notices = [];
  client.on("notice", (notice) => notices.push(notice.message));
  await client.connect();
  const schemas = (await client.query("SELECT schema_name FROM information_schema.schemata")).rows.map((row) => row.schema_name);
  console.log("schemas", ["aws", "s3"].every((name) => schemas.includes(name)));
  const tables = await client.query("SELECT table_name FROM information_schema.tables WHERE table_schema = 'sagemaker'");
  console.log("tables", tables.rows.some((row) => row.table_name === "image_versions"));
  const columns = await client.query("SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = $1 AND table_name = $2", ["aws", "s3_bucket"]);
  console.log("columns", columns.rows.length > 5);
  const values = await client.query({ text: "SELECT $1::int a, $2::bigint b, $3::text c, $4::float8 d, $5::boolean e, $6::jsonb f, $7::text[] g, $8::timestamptz h",
    values: [7, "1099511627776", "it's", 1.5, true, { x: [1] }, ["p", "q"], new Date(0)], name: "all" });
  console.log("values", JSON.stringify(values.rows[0]));
  const cursor = client.query(new Cursor("SELECT * FROM generate_series(1, 1000)"));
  let count = 0;
  for (let rows; (rows = await cursor.read(100)).length; ) count += rows.length;
  await cursor.close();
  console.log("fetched", count);
  await client.query("SELECT nothing FROM aws.s3_bucket").catch((error) => console.log("error", error.code));
  const images = await client.query("SELECT count(DISTINCT image_name) AS n FROM aws.sagemaker_image_version");
  console.log("images", images.rows[0].n);
  console.log("notice", notices.some((text) => text.includes("eu-west-1")));
  for (const sql of process.argv.slice(3)) {
    const asked = await client.query(sql);
    console.log("demo", asked.rows.length, asked.fields.length);
  }
  const other = new Client({ connectionString: process.argv[2] });
  await other.connect();
  let answer = null;
  const slow = client.query("SELECT pg_sleep(60)").catch((error) => error.code).then((code) => (answer = code));
  while (answer === null) {
    await new Promise((done) => setTimeout(done, 200));
    await other.query("SELECT pg_cancel_backend($1::int)", [client.processID]);
  }
  console.log("cancelled", await slow);
  await other.end();
  await client.end();
})();
