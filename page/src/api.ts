// What the page asks its server, and what comes back.

export interface Problem {
  message: string;
  sqlstate?: string;
  hint?: string;
  position?: number;
  failure?: string;
}
export interface ColumnOfResult {
  name: string;
  type: string;
}
export interface Failure {
  operation: string;
  code: string;
  message: string;
  table: string;
  places: string[];
  more: number;
  rows: number;
  columns: string[];
  advice: string;
  policy?: string;
}
export interface ScanNews {
  table: string;
  calls: number;
  rows: number;
  done: boolean;
}
export interface News {
  run: string;
  state: "running" | "done" | "failed" | "cancelled";
  rows: number;
  seconds: number;
  columns: ColumnOfResult[];
  scans: ScanNews[];
  error?: Problem;
  notices?: string[];
  failures?: Failure[];
  calls?: Record<string, number>;
  throttles?: number;
}
export type Cell = string | null | [string, number];
export interface RowPage {
  from: number;
  rows: Cell[][];
  total: number;
}
export interface Call {
  operation: string;
  count: number | null;
  formula: string;
  columns: string[];
  per_second: number | null;
}
export interface Scan {
  relation: string;
  table: string;
  columns: string[];
  targets: number | null;
  keys: string[];
  calls: Call[];
  filters: string[];
  limit: number | null;
  parent: Scan | null;
}
export interface Estimate {
  kind: "nothing" | "error" | "select" | "change" | "other";
  from?: number;
  to?: number;
  tag?: string;
  error?: Problem;
  columns?: ColumnOfResult[];
  calls?: number;
  depending?: string[];
  seconds?: number;
  places?: number | null;
  tables?: string[];
  scans?: Scan[];
  permissions?: string[];
  policy?: string;
}
export interface TableHit {
  name: string;
  title: string;
  columns: string[];
}
export interface TableColumn {
  name: string;
  type: string;
  about: string;
  json: boolean;
  hidden: boolean;
}
export interface TableFacts {
  name: string;
  title: string;
  description: string;
  columns: TableColumn[];
  key: string[];
  required: string[];
  parents: string[];
  relations: { column: string; table: string; other: string }[];
  permissions: string[];
  problem: string;
  once: boolean;
  examples: { title: string; sql: string }[];
}
export interface Member {
  name: string;
  type: string;
  about: string;
  values: string[];
  more: boolean;
}
export interface Candidate {
  text: string;
  from: number;
  kind: string;
  detail: string;
  about: string;
}
export interface Meaning {
  from?: number;
  to?: number;
  kind?: string;
  name?: string;
  detail?: string;
  about?: string;
}
export interface Total {
  name: string;
  values: number;
  nulls: number;
  different?: number;
  least?: string;
  largest?: string;
  sum?: string;
  mean?: string;
}
export interface Facts {
  version: string;
  scope: string;
  regions: string[];
  accounts: string[];
  writable: boolean;
  tables: number;
  store: string;
  user: string;
  queries: string;
  examples: { title: string; sql: string }[];
}

/** What the server says to who is to sign in. */
export const SIGN_IN = "Sign in.";

export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.message);
  }
}

async function answered<T>(response: Response): Promise<T> {
  if (response.ok) return (await response.json()) as T;
  if (response.status === 401) {
    const hint = (await response.text()).startsWith("sign in") ? SIGN_IN : "Open the link that cirql web printed.";
    throw new Refused({ message: "This page is not signed in.", hint });
  }
  const kind = response.headers.get("content-type") ?? "";
  const told = kind.includes("json") ? ((await response.json()) as { error: Problem }).error : { message: await response.text() };
  throw new Refused(told);
}

async function ask(path: string, given: RequestInit): Promise<Response> {
  try {
    return await fetch(path, { credentials: "same-origin", ...given });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Refused({ message: "The server does not answer.", hint: "Is cirql web still running?" });
  }
}

export async function look<T>(what: string, given: Record<string, string | number> = {}, signal?: AbortSignal): Promise<T> {
  const words = new URLSearchParams(Object.entries(given).map(([name, value]) => [name, String(value)]));
  return answered<T>(await ask(`/api/${what}?${words}`, signal ? { signal } : {}));
}

export async function act<T>(what: string, given: Record<string, unknown>, signal?: AbortSignal): Promise<T> {
  const sent: RequestInit = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(given) };
  return answered<T>(await ask(`/api/${what}`, signal ? { ...sent, signal } : sent));
}

/** Everything that is told of a statement, as it is told, until it has ended. */
export async function* news(run: string): AsyncGenerator<News> {
  const response = await ask(`/api/news?run=${encodeURIComponent(run)}`, {});
  if (!response.ok || !response.body) {
    await answered(response);
    return;
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop() ?? "";
    const last = lines.filter(Boolean).at(-1);
    if (last) yield JSON.parse(last) as News;
  }
}

// Places in a text: a browser counts UTF-16 units, the server characters.

export function inCharacters(text: string, units: number): number {
  return /[\ud800-\udfff]/.test(text) ? Array.from(text.slice(0, units)).length : units;
}

export function inUnits(text: string, characters: number): number {
  return /[\ud800-\udfff]/.test(text) ? Array.from(text).slice(0, characters).join("").length : characters;
}
