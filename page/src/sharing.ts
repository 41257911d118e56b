// A link to a text and to how its rows are looked at: it stands behind the #, which no browser sends anywhere. Never data.

export type Settings = Record<string, string>;

const TEXT = "sql";

export function linkTo(text: string, settings: Settings): string {
  const bytes = Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join("");
  const packed = btoa(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return `${location.origin}/#${new URLSearchParams({ [TEXT]: packed, ...settings })}`;
}

/** The text that the page was opened with, and its settings, which are forgotten by that. */
export function linked(): { text: string; settings: Settings } | null {
  const { [TEXT]: packed, ...settings } = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  if (!packed) return null;
  history.replaceState(null, "", "/");
  try {
    const bytes = atob(packed.replaceAll("-", "+").replaceAll("_", "/"));
    return { text: new TextDecoder().decode(Uint8Array.from(bytes, (letter) => letter.charCodeAt(0))), settings };
  } catch {
    return null;
  }
}
