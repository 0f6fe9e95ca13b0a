// What the script tag says. Everything has a default but the key.

export interface Settings {
  /** The write key. */
  key: string;
  /** Where events go: the origin that the script came from, unless data-host says another. */
  host: string;
  /** Whether nothing may be stored or sent before cx.consent({ analytics: true }). */
  consentRequired: boolean;
  /** Signals of the browser that count as a refusal: gpc, dnt. */
  respect: readonly string[];
  /** Whether page views are sent by themselves. */
  pages: boolean;
  /** Names of query parameters that may be sent with the address of a page; all others may hold anything. */
  query: readonly string[];
}

const words = (text: string | undefined): string[] => (text ?? "").split(/[\s,]+/).filter(Boolean);

export function readSettings(script: HTMLScriptElement): Settings | undefined {
  const { key, host, consent, respect, pages, query } = script.dataset;
  if (!key) return undefined;
  return {
    key,
    host: (host ?? new URL(script.src).origin).replace(/\/$/, ""),
    consentRequired: consent === "required",
    respect: words(respect ?? "gpc"),
    pages: pages !== "off",
    query: words(query),
  };
}

/** Whether the browser says that its user does not want this, by a signal that the site respects. */
export function signalsRefusal(respect: readonly string[], browser: Navigator): boolean {
  const told = browser as Navigator & { globalPrivacyControl?: boolean };
  return (
    (respect.includes("gpc") && told.globalPrivacyControl === true) ||
    (respect.includes("dnt") && browser.doNotTrack === "1")
  );
}
