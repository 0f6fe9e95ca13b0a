// What is told beside an event: the page, the campaign that led to it, language and time zone. Nothing that would tell
// one browser from another: no screen, no fonts, no list of plug-ins. The user agent is in the request anyway.

const CAMPAIGN: Readonly<Record<string, string>> = {
  utm_source: "source",
  utm_medium: "medium",
  utm_campaign: "name",
  utm_term: "term",
  utm_content: "content",
};

/** An address without its query and fragment, which may hold anything, but with the parameters that are let through. */
export function plain(address: string, query: readonly string[]): string {
  try {
    const { origin, pathname, searchParams } = new URL(address);
    const kept = new URLSearchParams([...searchParams].filter(([name]) => query.includes(name))).toString();
    return origin + pathname + (kept && `?${kept}`);
  } catch {
    return "";
  }
}

export interface Page {
  path: string;
  url: string;
  title: string;
  referrer: string;
}

export function pageOf(query: readonly string[], referrer: string): Page {
  return {
    path: location.pathname,
    url: plain(location.href, query),
    title: document.title,
    referrer: plain(referrer, query),
  };
}

export function campaignOf(search: string): Record<string, string> | undefined {
  const found: Record<string, string> = {};
  new URLSearchParams(search).forEach((value, name) => {
    const ours = CAMPAIGN[name];
    if (ours && value) found[ours] = value;
  });
  return Object.keys(found).length ? found : undefined;
}

export function timeZone(): string | undefined {
  try {
    return Intl.DateTimeFormat().resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}
