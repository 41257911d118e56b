// A link to a text: it stands behind the #, which no browser sends anywhere. Never data.

const MARK = "#sql=";

export function linkTo(text: string): string {
  const bytes = Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join("");
  return `${location.origin}/${MARK}${btoa(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}`;
}

/** The text that the page was opened with, which is forgotten by that. */
export function linked(): string {
  if (!location.hash.startsWith(MARK)) return "";
  const given = location.hash.slice(MARK.length).replaceAll("-", "+").replaceAll("_", "/");
  history.replaceState(null, "", "/");
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(given), (letter) => letter.charCodeAt(0)));
  } catch {
    return "";
  }
}
