// The chart that a result asks for, or another that somebody would rather see; saved as SVG or PNG.

import { Refused, look } from "./api";
import { fill, h, icon, say } from "./dom";

interface Chart {
  svg: string;
  kind?: string;
  title?: string;
  note?: string;
  columns?: { name: string; type: string }[];
}

const KINDS = [
  ["", "As the columns suggest"],
  ["bars", "Bars"],
  ["line", "Line"],
  ["area", "Area"],
  ["pie", "Pie"],
  ["map", "Map of regions"],
  ["points", "Points"],
  ["histogram", "Histogram"],
] as const;
const COLOURS = ["--ink", "--soft", "--line", "--s0", "--s1", "--s2", "--s3", "--s4", "--s5"];

export class ChartView {
  readonly element = h("div", { class: "chartview", role: "tabpanel", id: "panel-chart", "aria-labelledby": "tab-chart", tabindex: 0, hidden: true });
  private readonly kind = h("select", { "aria-label": "Kind of chart", onchange: () => void this.draw() }, ...KINDS.map(([value, name]) => h("option", { value }, name)));
  private readonly across = this.axis("Across");
  private readonly up = this.axis("Up");
  private readonly by = this.axis("By");
  private run = "";
  private drawn: SVGSVGElement | null = null;

  async show(run: string): Promise<void> {
    if (run !== this.run) for (const choice of [this.kind, this.across, this.up, this.by]) choice.value = "";
    this.run = run;
    await this.draw();
  }

  /** What was chosen by hand, as a link says it. */
  get settings(): Record<string, string> {
    const chosen = { kind: this.kind.value, across: this.across.value, up: this.up.value, by: this.by.value };
    return Object.fromEntries(Object.entries(chosen).filter(([, value]) => value));
  }

  /** Chooses what a link says, for the chart of a run. */
  choose(run: string, settings: Record<string, string>): void {
    this.run = run;
    this.kind.value = KINDS.some(([kind]) => kind === settings["kind"]) ? (settings["kind"] ?? "") : "";
    for (const [axis, name] of [[this.across, "across"], [this.up, "up"], [this.by, "by"]] as const) {
      fill(axis, h("option", { value: "" }, "automatic"), h("option", { value: settings[name] ?? "", selected: true }, settings[name] ?? ""));
    }
  }

  private async draw(): Promise<void> {
    try {
      const chart = await look<Chart>("chart", { run: this.run, kind: this.kind.value, across: this.across.value, up: this.up.value, by: this.by.value });
      const save = h(
        "span",
        { class: "saves" },
        h("button", { type: "button", onclick: () => void this.save("svg") }, icon("save"), "SVG"),
        h("button", { type: "button", onclick: () => void this.save("png") }, icon("save"), "PNG"),
      );
      this.offer(chart.columns ?? []);
      this.drawn = chart.svg ? picture(chart.svg) : null;
      const none = this.kind.value ? "These columns make no such chart." : "These columns make no chart: one needs a number, a time, or texts that repeat.";
      fill(
        this.element,
        h("div", { class: "chartbar" }, this.kind, ...[this.across, this.up, this.by].map((axis) => h("label", {}, axis.dataset["name"] ?? "", axis)), this.drawn ? save : null),
        this.drawn ? h("h3", {}, chart.title ?? "", " ", h("small", {}, chart.note ?? "")) : h("p", { class: "soft" }, none),
        this.drawn,
      );
    } catch (error) {
      if (error instanceof Refused) fill(this.element, h("p", { class: "bad" }, error.message));
    }
  }

  private axis(name: string): HTMLSelectElement {
    return h("select", { "aria-label": name, "data-name": name, onchange: () => void this.draw() }, h("option", { value: "" }, "automatic"));
  }

  /** The columns to choose from. */
  private offer(columns: { name: string; type: string }[]): void {
    for (const axis of [this.across, this.up, this.by]) {
      const chosen = axis.value;
      const numbers = columns.filter((c) => axis !== this.up || /INT|DOUBLE|FLOAT|DECIMAL|NUMERIC/.test(c.type));
      fill(axis, h("option", { value: "" }, "automatic"), ...numbers.map((c) => h("option", { value: c.name, selected: c.name === chosen }, c.name)));
    }
  }

  private async save(kind: "svg" | "png"): Promise<void> {
    const drawn = this.drawn;
    if (!drawn) return;
    const style = getComputedStyle(document.documentElement);
    let rules = await (await fetch("/assets/chart.css")).text();
    const probe = h("span", { hidden: true });
    document.body.append(probe);
    for (const name of COLOURS) {
      probe.style.color = style.getPropertyValue(name);
      rules = rules.replaceAll(new RegExp(`var\\(${name},[^)]*\\)`, "g"), getComputedStyle(probe).color);
    }
    probe.remove();
    const [, , width = "640", height = "280"] = (drawn.getAttribute("viewBox") ?? "").split(" ");
    const text = new XMLSerializer().serializeToString(drawn).replace(/^<svg[^>]*>/, (tag) => `${tag.replace("<svg", `<svg width="${width}" height="${height}"`)}<style>${rules}</style>`);
    const blob = new Blob([text], { type: "image/svg+xml" });
    if (kind === "svg") keep(blob, "chart.svg");
    else keep(await painted(blob, Number(width) * 2, Number(height) * 2), "chart.png");
    say("Saved the chart");
  }
}

/** The server's SVG as elements: parsed as XML, in which nothing runs. */
function picture(text: string): SVGSVGElement {
  const parsed = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  const made = document.importNode(parsed, true) as unknown as SVGSVGElement;
  made.setAttribute("preserveAspectRatio", "xMinYMin meet");
  return made;
}

async function painted(svg: Blob, width: number, height: number): Promise<Blob> {
  const url = URL.createObjectURL(svg);
  const image = new Image();
  image.src = url;
  await image.decode();
  const canvas = h("canvas", { width, height });
  const brush = canvas.getContext("2d");
  if (!brush) throw new Error("this browser has no canvas");
  brush.fillStyle = getComputedStyle(document.body).backgroundColor;
  brush.fillRect(0, 0, width, height);
  brush.drawImage(image, 0, 0, width, height);
  URL.revokeObjectURL(url);
  return new Promise((resolve, reject) => canvas.toBlob((made) => (made ? resolve(made) : reject(new Error("no picture was made"))), "image/png"));
}

function keep(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  h("a", { href: url, download: name }).click();
  window.setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
