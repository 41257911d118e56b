// Bundles the page into src/cirql/web/assets: one script, one stylesheet, and the licence texts of what is in the script.
import { build } from "esbuild";
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const into = join(here, "..", "src", "cirql", "web", "assets");
mkdirSync(into, { recursive: true });
const made = await build({
  absWorkingDir: here,
  entryPoints: { app: "src/main.ts" },
  bundle: true,
  minify: true,
  format: "iife",
  target: ["es2022"],
  outdir: into,
  legalComments: "none",
  metafile: true,
  charset: "utf8",
});
for (const name of ["index.html", "icon.svg"]) copyFileSync(join(here, name), join(into, name));

// What went into the bundle, by package, each with its licence.
const packages = new Set(Object.keys(made.metafile.inputs).flatMap((path) => path.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1] ?? []));
const texts = [...packages].sort().map((name) => {
  const folder = join(here, "node_modules", name);
  const about = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (!file || !existsSync(join(folder, file))) throw new Error(`${name} has no licence text`);
  return `${name} ${about.version} (${about.license})\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
});
writeFileSync(join(into, "licences.txt"), texts.join(`\n${"-".repeat(78)}\n\n`));
