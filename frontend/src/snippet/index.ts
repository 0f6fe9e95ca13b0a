// cx.js: events of a website to its own cxloop, in the Segment protocol. See docs/how-to/browser-snippet.md.
//
// Before it has loaded, calls wait in an array: (window.cx = window.cx || []).push(["track", "Signed up"]).

import { capture } from "./capture";
import { watchPages } from "./pages";
import { readSettings } from "./settings";
import { Tracker } from "./tracker";

const METHODS = ["page", "track", "identify", "group", "alias", "reset", "consent"] as const;
type Method = (typeof METHODS)[number];
type Call = [Method, ...unknown[]];
type Api = Record<Method, (...given: unknown[]) => void> & { push: (...calls: Call[]) => void; loaded: true; events: string[] };

function install(): void {
  const script = document.currentScript;
  const given = window as unknown as { cx?: Call[] | Api };
  if (!(script instanceof HTMLScriptElement) || (given.cx && "loaded" in given.cx)) return;
  const settings = readSettings(script);
  if (!settings) {
    console.warn('cx: the script tag lacks data-key="cxw_..."');
    return;
  }
  const tracker = new Tracker(settings);
  const call = ([method, ...words]: Call): void => {
    if (!METHODS.includes(method)) return;
    // a mistake in here, or in what a site hands over, never stops the site
    try {
      (tracker[method] as (...words: unknown[]) => void).apply(tracker, words);
    } catch (failure) {
      console.warn("cx:", failure);
    }
  };
  const api = { loaded: true, push: (...calls: Call[]) => calls.forEach(call), events: tracker.events } as Api;
  METHODS.forEach((method) => (api[method] = (...words) => call([method, ...words])));
  const waiting = Array.isArray(given.cx) ? given.cx : [];
  given.cx = api;
  // what the visitor chose comes first: a page view before it would have to wait for nothing
  waiting.filter(([method]) => method === "consent").forEach(call);
  if (settings.pages) watchPages(tracker);
  capture((event, properties) => api.track(event, properties));
  waiting.filter(([method]) => method !== "consent").forEach(call);
}

install();
